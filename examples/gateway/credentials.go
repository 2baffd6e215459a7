package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/load"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell"
)

// promptOnce asks for credentials at the terminal, for the same ones once only.
func (c *cli) promptOnce(r shell.Request) (param.Credential, error) {
	message := r.Message
	if message == "" {
		message = "Credentials"
		if r.Variable != "" {
			message += " for $" + r.Variable
		}
	}
	in, ok := c.stdin.(*os.File)
	key := message + "\n" + r.UserName
	found, typed := c.typed[key]
	switch {
	case typed:
		return found, nil
	case c.unattended:
		return found, errors.New("can't ask while the gateway serves; give a file with -credentials")
	case !ok || !term.IsTerminal(int(in.Fd())):
		return found, fmt.Errorf("no terminal to ask on; set %s=user:password in the environment, or give a file with -credentials", load.CredentialEnv(r.Variable))
	}
	found, err := askTerminal(in, c.stderr, r.UserName, message)
	if err == nil {
		c.typed[key] = found
	}
	return found, err
}

// askTerminal asks for a password without echo, and before for the user if that is "".
func askTerminal(in *os.File, out io.Writer, user, message string) (param.Credential, error) {
	fmt.Fprintln(out, message)
	if user == "" {
		fmt.Fprint(out, "User: ")
		line, err := bufio.NewReader(in).ReadString('\n')
		if err != nil {
			return param.Credential{}, err
		}
		user = strings.TrimRight(line, "\r\n")
	}
	fmt.Fprintf(out, "Password for user %s: ", user)
	typed, err := term.ReadPassword(int(in.Fd()))
	fmt.Fprintln(out)
	return param.Credential{UserName: user, Password: auth.Secret(typed)}, err
}

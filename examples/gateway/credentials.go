package main

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell"
)

// credentialPrefix is what the environment variables of credentials begin with:
// INTERCHANGE_CREDENTIAL_mycred=user:password answers $mycred = Get-Credential,
// INTERCHANGE_CREDENTIAL one that is assigned to nothing.
const credentialPrefix = "INTERCHANGE_CREDENTIAL"

// anyCredential stands in a credentials file for credentials that a script assigns to
// no variable.
const anyCredential = "*"

// answerPrefix is what the environment variables begin with that answer Read-Host and
// stand for mandatory parameters of scripts: INTERCHANGE_ANSWER_server=EX01 answers
// $server = Read-Host and param([Parameter(Mandatory)]$server).
const answerPrefix = "INTERCHANGE_ANSWER_"

// credentials answers Get-Credential and Read-Host.
type credentials struct {
	file  map[string]param.Credential                                    // by variable in lower case
	env   func() []string                                                // os.Environ
	asker func(shell.Request, string) (user, password string, err error) // nil: no terminal
}

// answer looks into the file, then into the environment, then asks.
func (c *credentials) answer(r shell.Request) (param.Credential, error) {
	found, ok := c.lookup(r.Variable)
	if !ok && c.asker != nil {
		message := r.Message
		if message == "" {
			message = "Credentials"
			if r.Variable != "" {
				message += " for $" + r.Variable
			}
		}
		user, password, err := c.asker(r, message)
		return param.Credential{UserName: user, Password: auth.Secret(password)}, err
	}
	if !ok {
		name := credentialPrefix
		if r.Variable != "" {
			name += "_" + r.Variable
		}
		return found, fmt.Errorf("no terminal to ask on; set %s=user:password in the environment, or give a file with -credentials", name)
	}
	if r.UserName != "" && !strings.EqualFold(found.UserName, r.UserName) {
		return found, fmt.Errorf("the command asks for the user %q, what was found is for %q", r.UserName, found.UserName)
	}
	return found, nil
}

func (c *credentials) lookup(variable string) (param.Credential, bool) {
	key := strings.ToLower(variable)
	if key == "" {
		key = anyCredential
	}
	if found, ok := c.file[key]; ok {
		return found, true
	}
	want := credentialPrefix
	if variable != "" {
		want += "_" + variable
	}
	for _, entry := range c.env() {
		name, value, _ := strings.Cut(entry, "=")
		if !strings.EqualFold(name, want) {
			continue
		}
		if found, err := parseCredential(value); err == nil {
			return found, true
		}
	}
	return param.Credential{}, false
}

// reply answers Read-Host: with a password of the same places if the answer is a
// secret, otherwise from the environment.
func (c *credentials) reply(q shell.Question) (auth.Secret, error) {
	if q.Secret {
		found, err := c.answer(shell.Request{Variable: q.Variable, Message: q.Prompt, Position: q.Position})
		return found.Password, err
	}
	if text, ok := c.param("", q.Variable); ok {
		return auth.Secret(text), nil
	}
	return "", fmt.Errorf("no terminal to ask on; set %s%s in the environment", answerPrefix, cmp.Or(q.Variable, "name"))
}

// param answers for a mandatory parameter of a script.
func (c *credentials) param(cmdlet, name string) (string, bool) {
	if cmdlet != "" && cmdlet != "param" || name == "" {
		return "", false
	}
	for _, entry := range c.env() {
		if key, value, _ := strings.Cut(entry, "="); strings.EqualFold(key, answerPrefix+name) {
			return value, true
		}
	}
	return "", false
}

// parseCredential reads user:password. The password may hold colons.
func parseCredential(text string) (param.Credential, error) {
	user, password, ok := strings.Cut(text, ":")
	if !ok || user == "" || password == "" {
		return param.Credential{}, errors.New("write user:password")
	}
	return param.Credential{UserName: user, Password: auth.Secret(password)}, nil
}

// loadCredentials reads a credentials file: lines of variable=user:password, with
// * for a credential that is assigned to no variable; # starts a comment. No error shows a
// password.
func loadCredentials(file string) (map[string]param.Credential, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	found := map[string]param.Credential{}
	number := 0
	for line := range strings.Lines(string(data)) {
		number++
		line = strings.TrimRight(line, "\r\n")
		if trimmed := strings.TrimSpace(line); trimmed == "" || trimmed[0] == '#' {
			continue
		}
		name, text, _ := strings.Cut(line, "=")
		name = strings.ToLower(strings.TrimSpace(name))
		cred, err := parseCredential(text)
		_, twice := found[name]
		switch {
		case err != nil || name == "":
			return nil, fmt.Errorf("%s:%d: write variable=user:password", file, number)
		case twice:
			return nil, fmt.Errorf("%s:%d: %s is there already", file, number, name)
		}
		found[name] = cred
	}
	return found, nil
}

// newCredentials returns what answers Get-Credential, with the credentials of a file if
// one is given. Without an answer it asks on a terminal only.
func (c *cli) newCredentials(file string) (*credentials, error) {
	source := &credentials{env: os.Environ}
	if file != "" {
		var err error
		if source.file, err = loadCredentials(file); err != nil {
			return nil, fmt.Errorf("-credentials: %w", err)
		}
	}
	if in, ok := c.stdin.(*os.File); ok && term.IsTerminal(int(in.Fd())) {
		source.asker = func(r shell.Request, message string) (string, string, error) {
			return c.ask(in, r, message)
		}
	}
	return source, nil
}

// ask asks at the terminal, for the same thing once only.
func (c *cli) ask(in *os.File, r shell.Request, message string) (user, password string, err error) {
	key := message + "\n" + r.UserName
	if found, ok := c.typed[key]; ok {
		return found.UserName, found.Password.Reveal(), nil
	}
	if c.unattended {
		return "", "", errors.New("can't ask while the gateway serves; give a file with -credentials")
	}
	if user, password, err = askTerminal(in, c.stderr, r, message); err == nil {
		c.typed[key] = param.Credential{UserName: user, Password: auth.Secret(password)}
	}
	return user, password, err
}

// askTerminal asks for user name and password, the latter without echo.
func askTerminal(in *os.File, out io.Writer, r shell.Request, message string) (user, password string, err error) {
	fmt.Fprintln(out, message)
	user = r.UserName
	if user == "" {
		fmt.Fprint(out, "User: ")
		line, err := bufio.NewReader(in).ReadString('\n')
		if err != nil {
			return "", "", err
		}
		user = strings.TrimRight(line, "\r\n")
	}
	fmt.Fprintf(out, "Password for user %s: ", user)
	typed, err := term.ReadPassword(int(in.Fd()))
	fmt.Fprintln(out)
	return user, string(typed), err
}

// lookupEnv answers $env:NAME, but not with credentials.
func lookupEnv(name string) (string, bool) {
	if len(name) >= len(credentialPrefix) && strings.EqualFold(name[:len(credentialPrefix)], credentialPrefix) {
		return "", false
	}
	return os.LookupEnv(name)
}

package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"golang.org/x/term"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/auth/userfile"
)

// user registers the flags of gateway user and returns its runner.
func user(c *cli, fs *flag.FlagSet) runner {
	var f userChange
	fs.StringVar(&f.file, "file", "", "the users `FILE`; add creates it if it is absent")
	fs.Var(&f.groups, "group", "add: a `GROUP` of the user; may be repeated")
	fs.Var(&f.addresses, "address", "add: an `ADDRESS` that the user may send as; @contoso.com stands for all of that domain, @*.contoso.com for all of the domains below it; may be repeated")
	fs.BoolVar(&f.noPassword, "no-password", false, "add: the user has no password; it logs on with a certificate that has its name as address or DNS name, or with a token")
	return func(words []string) int { return c.user(&f, words) }
}

// userChange are the flags of user.
type userChange struct {
	file              string
	groups, addresses list
	noPassword        bool
}

// user does the action that words begin with.
func (c *cli) user(f *userChange, words []string) int {
	action, name, err := userAction(words)
	switch {
	case err != nil:
		return c.invalid(err)
	case f.file == "":
		return c.invalid(errors.New("-file is missing: give the users file"))
	case action != "add" && len(f.groups)+len(f.addresses) > 0:
		return c.invalid(fmt.Errorf("-group and -address work with add only; %s changes neither", action))
	case action != "add" && f.noPassword:
		return c.invalid(fmt.Errorf("-no-password works with add only, not with %s", action))
	}
	users, err := userfile.Load(f.file)
	if errors.Is(err, fs.ErrNotExist) && action == "add" {
		users, err = userfile.Parse(f.file, strings.NewReader(""))
	}
	if err != nil {
		return c.invalid(err)
	}
	switch action {
	case "list":
		return c.listUsers(users)
	case "add":
		if f.noPassword {
			err = users.AddWithoutPassword(name, f.groups, f.addresses)
		} else {
			err = c.addUser(users, name, f.groups, f.addresses)
		}
	case "passwd":
		err = c.changePassword(users, name)
	case "remove":
		err = users.Remove(name)
	}
	switch {
	case errors.Is(err, userfile.ErrNotFound):
		fmt.Fprintf(c.stderr, "gateway user: %s: %v\n", f.file, err)
		return exitNo
	case errors.Is(err, userfile.ErrExists):
		err = fmt.Errorf("%s: %q exists already; use gateway user passwd to change its password", f.file, name)
	}
	if err == nil {
		err = users.Save(f.file)
	}
	if err != nil {
		return c.invalid(err)
	}
	return exitOK
}

// userAction returns the action and the name of the user.
func userAction(words []string) (action, name string, err error) {
	if len(words) > 0 {
		action = words[0]
	}
	if !slices.Contains([]string{"add", "passwd", "remove", "list"}, action) {
		return "", "", errors.New("give an action: add NAME, passwd NAME, remove NAME or list")
	}
	switch {
	case action == "list" && len(words) > 1:
		return "", "", errors.New("list takes no name; give the file with -file")
	case action == "list":
		return action, "", nil
	case len(words) != 2:
		return "", "", fmt.Errorf("%s takes one name; %d were given", action, len(words)-1)
	}
	return action, words[1], nil
}

func (c *cli) listUsers(users *userfile.File) int {
	for _, u := range users.List() {
		fmt.Fprintf(c.stdout, "%s", u.Name)
		if u.NoPassword {
			fmt.Fprint(c.stdout, "\tno password")
		}
		if len(u.Groups) > 0 {
			fmt.Fprintf(c.stdout, "\tgroups %s", strings.Join(u.Groups, ", "))
		}
		if senders := u.Senders(); len(senders) > 0 {
			fmt.Fprintf(c.stdout, "\tsends as %s", strings.Join(senders, " "))
		}
		fmt.Fprintln(c.stdout)
	}
	return exitOK
}

func (c *cli) addUser(users *userfile.File, name string, groups, addresses []string) error {
	password, err := c.password(name)
	if err != nil {
		return err
	}
	return users.Add(name, password, groups, addresses)
}

// changePassword replaces the password of a user.
func (c *cli) changePassword(users *userfile.File, name string) error {
	if _, err := users.Identity(name); err != nil {
		return err // before a password is asked for
	}
	password, err := c.password(name)
	if err != nil {
		return err
	}
	return users.SetPassword(name, password)
}

// password asks for a password at a terminal, twice and without echo, or
// reads a line from anything else.
func (c *cli) password(name string) (auth.Secret, error) {
	if in, ok := c.stdin.(*os.File); ok && term.IsTerminal(int(in.Fd())) {
		ask := func(prompt string) (string, error) {
			fmt.Fprint(c.stderr, prompt)
			typed, err := term.ReadPassword(int(in.Fd()))
			fmt.Fprintln(c.stderr)
			return string(typed), err
		}
		first, err := ask("Password for " + name + ": ")
		if err != nil {
			return "", fmt.Errorf("password: %w", err)
		}
		if second, err := ask("Again: "); err != nil || second != first {
			return "", errors.Join(errors.New("the passwords do not match"), err)
		}
		return auth.Secret(first), nil
	}
	line, err := bufio.NewReader(c.stdin).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("password: %w", err)
	}
	line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
	if line == "" {
		return "", errors.New("no password on standard input")
	}
	return auth.Secret(line), nil
}

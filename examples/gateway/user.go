package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/auth/userfile"
)

// user maintains the users file.
func user(c *cli, args []string) int {
	flags := c.flags("add|passwd|remove|list -file FILE [NAME] [-group GROUP]... [-address ADDRESS]...")
	file := flags.String("file", "", "the users `FILE`; add makes it if it isn't there")
	var groups, addresses list
	flags.Var(&groups, "group", "add: a `GROUP` of the user; may be repeated")
	flags.Var(&addresses, "address", "add: an `ADDRESS` that the user may send as; may be repeated")
	var words []string
	if code, done := c.parseMixed(flags, args, func(word string) { words = append(words, word) }); done {
		return code
	}
	action, name, err := userAction(words)
	switch {
	case err != nil:
		return c.invalid(err)
	case *file == "":
		return c.invalid(errors.New("-file is missing"))
	case action != "add" && len(groups)+len(addresses) > 0:
		return c.invalid(fmt.Errorf("-group and -address belong to add; %s leaves them as they are", action))
	}
	users, err := userfile.Load(*file)
	if errors.Is(err, fs.ErrNotExist) && action == "add" {
		users, err = userfile.Parse(*file, strings.NewReader(""))
	}
	if err != nil {
		return c.invalid(err)
	}
	switch action {
	case "list":
		return c.listUsers(users)
	case "add":
		err = c.addUser(users, name, groups, addresses)
	case "passwd":
		err = c.changePassword(users, name)
	case "remove":
		err = users.Remove(name)
	}
	if errors.Is(err, userfile.ErrNotFound) {
		fmt.Fprintf(c.stderr, "gateway user: %s: %v\n", *file, err)
		return exitNo
	}
	if err == nil {
		err = users.Save(*file)
	}
	if err != nil {
		return c.invalid(err)
	}
	return exitOK
}

// userAction returns what is to be done, and for whom.
func userAction(words []string) (action, name string, err error) {
	if len(words) > 0 {
		action = words[0]
	}
	wanted := 2
	switch action {
	case "list":
		wanted = 1
	case "add", "passwd", "remove":
	default:
		return "", "", fmt.Errorf("say what to do: add NAME, passwd NAME, remove NAME or list")
	}
	if len(words) != wanted {
		return "", "", fmt.Errorf("%s takes %s; %d were given", action, count(wanted-1, "name"), len(words)-1)
	}
	if wanted == 2 {
		name = words[1]
	}
	return action, name, nil
}

func (c *cli) listUsers(users *userfile.File) int {
	for _, u := range users.List() {
		fmt.Fprintf(c.stdout, "%s", u.Name)
		if len(u.Groups) > 0 {
			fmt.Fprintf(c.stdout, "\tgroups %s", strings.Join(u.Groups, ", "))
		}
		for i, a := range u.Addresses {
			if i == 0 {
				fmt.Fprint(c.stdout, "\tsends as")
			}
			fmt.Fprintf(c.stdout, " %s", a)
		}
		fmt.Fprintln(c.stdout)
	}
	return exitOK
}

func (c *cli) addUser(users *userfile.File, name string, groups, addresses []string) error {
	password, err := c.password(name)
	if err != nil {
		return fmt.Errorf("password: %w", err)
	}
	return users.Add(name, password, groups, addresses)
}

// changePassword gives a user who is there another password.
func (c *cli) changePassword(users *userfile.File, name string) error {
	if _, err := users.Identity(name); err != nil {
		return err // before anybody types anything
	}
	password, err := c.password(name)
	if err != nil {
		return fmt.Errorf("password: %w", err)
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
			return "", err
		}
		if second, err := ask("Again: "); err != nil || second != first {
			return "", errors.Join(errors.New("the two differ"), err)
		}
		return auth.Secret(first), nil
	}
	line, err := bufio.NewReader(c.stdin).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
	if line == "" {
		return "", errors.New("there is none on standard input")
	}
	return auth.Secret(line), nil
}

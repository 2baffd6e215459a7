package exchange

import (
	"errors"
	"fmt"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/source"
)

// Request is a request of Get-Credential.
type Request struct {
	Variable string // that it is assigned to, without the $; "" if to none
	UserName string // that the command names; "" if none
	Message  string
	Pos      source.Position
}

// getCredential is Get-Credential. Who has the credentials is the caller's
// business, except of those that name the place of their password.
func getCredential(ask func(Request) (param.Credential, error)) func(*object.Call) error {
	return func(call *object.Call) error {
		given := call.Args["Credential"]
		c, whole := object.AsCredential(given)
		switch from, placed := call.Args["PasswordFrom"]; {
		case placed && whole:
			return &object.ArgumentError{Parameter: "PasswordFrom", Err: errors.New("give a user name with it; this credential has a password already")}
		case whole:
			return call.Emit(given)
		case placed:
			user, err := userName(call)
			if err == nil {
				c, err = placedCredential(user, from)
			}
			if err != nil {
				return err
			}
		default:
			var err error
			if c, err = askedCredential(call, ask); err != nil {
				return err
			}
		}
		return call.Emit(object.CredentialObject(c))
	}
}

// userName returns the user that Get-Credential names; "" if none.
func userName(call *object.Call) (user string, err error) {
	for _, name := range []string{"Credential", "UserName"} {
		if v := call.Args[name]; v != nil {
			if user, err = single(v); err != nil {
				return "", err
			}
		}
	}
	return user, nil
}

// askedCredential returns the answer of ask.
func askedCredential(call *object.Call, ask func(Request) (param.Credential, error)) (c param.Credential, err error) {
	req := Request{Variable: call.Target, Message: object.Text(call.Args["Message"]), Pos: call.Pos}
	if req.UserName, err = userName(call); err != nil {
		return c, err
	}
	if ask == nil {
		return c, errors.New("the session is not interactive, and no credentials are given")
	}
	if c, err = ask(req); err != nil {
		return c, coded(connector.CodeCredentialMissing, "the credential: %w", err)
	}
	if c.UserName == "" {
		c.UserName = req.UserName
	}
	return c, nil
}

// placedCredential returns the credential of a user whose password is at the place that -PasswordFrom gives.
func placedCredential(user string, from object.Value) (param.Credential, error) {
	place, err := secretPlace(from)
	switch {
	case err != nil:
		return param.Credential{}, &object.ArgumentError{Parameter: "PasswordFrom", Err: err}
	case user == "":
		return param.Credential{}, errors.New("give the user name, too, as in Get-Credential hub@contoso.com -PasswordFrom @{File = '/etc/interchange/hub'}")
	}
	return param.Credential{UserName: user, PasswordFrom: place}, nil
}

// secretPlace reads a hashtable with one of the fields of a SecretPlace.
func secretPlace(v object.Value) (p param.SecretPlace, err error) {
	table, ok := v.(*object.Table)
	if !ok {
		return p, fmt.Errorf("it takes a hashtable, as in @{File = '/etc/interchange/hub'}, not a %s", object.TypeName(v))
	}
	fields := map[string]*string{"file": &p.File, "environment": &p.Environment, "credential": &p.Credential}
	for key, value := range table.All() {
		field := fields[strings.ToLower(key)]
		if field == nil {
			return p, errors.New("the hashtable has another name than File, Environment and Credential")
		}
		if *field, err = single(value); err != nil {
			return p, fmt.Errorf("%s: %w", key, err)
		}
	}
	if !p.IsValid() {
		return p, errors.New("give one of File, Environment and Credential, and only one")
	}
	return p, nil
}

package exchange

import (
	"errors"

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
// business.
func getCredential(ask func(Request) (param.Credential, error)) func(*object.Call) error {
	return func(call *object.Call) error {
		given := call.Args["Credential"]
		if _, _, ok := object.AsCredential(given); ok {
			return call.Emit(given)
		}
		req := Request{Variable: call.Target, Message: object.Text(call.Args["Message"]), Pos: call.Pos}
		for _, v := range []object.Value{given, call.Args["UserName"]} {
			if v == nil {
				continue
			}
			user, err := single(v)
			if err != nil {
				return err
			}
			req.UserName = user
		}
		if ask == nil {
			return errors.New("the session is not interactive, and no credentials are given")
		}
		cred, err := ask(req)
		if err != nil {
			return coded(connector.CodeCredentialMissing, "the credential: %w", err)
		}
		if cred.UserName == "" {
			cred.UserName = req.UserName
		}
		return call.Emit(object.NewCredential(cred.UserName, cred.Password))
	}
}

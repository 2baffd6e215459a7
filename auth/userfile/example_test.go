package userfile_test

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/auth/userfile"
)

func Example() {
	users, err := userfile.Parse("users", strings.NewReader("# devices\n"))
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := users.Add("printer@contoso.com", "correct horse", []string{`CONTOSO\Devices`}, nil); err != nil {
		fmt.Println(err)
		return
	}
	for _, password := range []auth.Secret{"correct horse", "battery staple"} {
		id, err := users.Verify(context.Background(), auth.Credentials{Username: "Printer@contoso.com", Password: password}, auth.Channel{TLS: true})
		switch {
		case err == nil:
			fmt.Println("yes:", id, "may send as", id.Addresses)
		case errors.Is(err, auth.ErrBadCredentials):
			fmt.Println("no")
		default:
			fmt.Println("can't say now:", err)
		}
	}
	// Output:
	// yes: printer@contoso.com may send as [printer@contoso.com]
	// no
}

func ExampleParse_mistakes() {
	_, err := userfile.Parse("users", strings.NewReader("ann\nbob:plaintext\n"))
	fmt.Println(err)
	// Output:
	// users:1: no colon; write name:hash:groups:addresses (syntax)
	// users:2: unknown kind of password hash; give one that begins with $2b$ (bcrypt) or $argon2id$ (value-invalid)
}

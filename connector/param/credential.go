package param

import (
	"fmt"

	"github.com/interchange-smtp/interchange/auth"
)

// Credential is a user name and a password.
type Credential struct {
	UserName string
	Password auth.Secret
}

// Format writes the user name and REDACTED for every verb. The password redacts
// itself, but package fmt doesn't ask the fields of what it has no verb for.
func (c Credential) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "{%s REDACTED}", c.UserName)
}

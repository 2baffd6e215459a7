package auth

// The prompts of LOGIN, exactly as in Exchange and in the draft, because some
// clients compare them.
const (
	promptUsername = "Username:"
	promptPassword = "Password:"
)

// loginServer is the server's side of LOGIN.
type loginServer struct {
	verify   func(Credentials) error
	prompted bool
	username string // set once the client gave it; never empty then
	over     bool
}

func (x *loginServer) Next(response []byte) (challenge []byte, done bool, err error) {
	switch {
	case x.over:
		return nil, true, ErrMalformed
	case response == nil && !x.prompted:
		x.prompted = true
		return []byte(promptUsername), false, nil
	case x.username == "":
		x.prompted = true
		if !wellFormed(response, maxUsername) {
			x.over = true
			return nil, true, ErrMalformed
		}
		x.username = string(response)
		return []byte(promptPassword), false, nil
	}
	x.over = true
	if !wellFormed(response, maxPassword) {
		return nil, true, ErrMalformed
	}
	return nil, true, x.verify(Credentials{Mechanism: Login, Username: x.username, Password: Secret(response)})
}

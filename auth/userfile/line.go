package userfile

import (
	"errors"
	"fmt"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// Bounds of one line.
const (
	maxLine   = 16 << 10
	maxName   = 256
	maxValues = 256 // groups, and addresses, of one user
)

// User is one line of the file, without its password hash.
type User struct {
	Name      string // as the file spells it
	Groups    []string
	Addresses []routing.Address
	Domains   []auth.SenderDomain // written @contoso.com among the addresses

	NoPassword bool // it logs on with a certificate or a token only
}

// entry is a User ready for verification. It is never changed.
type entry struct {
	user     User
	hash     *hash           // nil: no password
	keys     *auth.ScramKeys // nil: none
	identity auth.Identity
}

// isComment reports whether line is empty or a comment.
func isComment(line string) bool {
	line = strings.TrimSpace(line)
	return line == "" || line[0] == '#'
}

// parseLine reads one line that isn't a comment. The error joins all mistakes.
func parseLine(line string) (*entry, error) {
	if len(line) > maxLine {
		return nil, mistake(source.CodeLimitExceeded, "line of %d bytes; give at most %d", len(line), maxLine)
	}
	fields := strings.SplitN(line, ":", 4) // the last may hold colons: ann@[IPv6:2001:db8::1]
	if len(fields) < 2 {
		return nil, mistake(source.CodeSyntax, "no colon; write name:hash:groups:addresses")
	}
	for len(fields) < 4 {
		fields = append(fields, "")
	}
	h, keys, hashErr := parseSecret(fields[1])
	user, userErr := newUser(fields[0], splitList(fields[2]), splitList(fields[3]))
	if err := errors.Join(hashErr, userErr); err != nil {
		return nil, err
	}
	id, err := identify(user)
	if err != nil {
		return nil, err
	}
	user.NoPassword = h == nil
	return &entry{user: user, hash: h, keys: keys, identity: id}, nil
}

// parseSecret reads what is kept of a password: a hash, and SCRAM keys behind a blank if
// there are some. Of noPassword it returns nil.
func parseSecret(s string) (*hash, *auth.ScramKeys, error) {
	if s == noPassword {
		return nil, nil, nil
	}
	hashText, keysText, ok := strings.Cut(s, " ")
	h, err := parseHash(hashText)
	if !ok || err != nil {
		return h, nil, err
	}
	keys, err := parseKeys(keysText)
	return h, keys, err
}

// newSecret returns the text that is kept of a password.
func newSecret(password auth.Secret) (string, error) {
	keys, err := newKeys(password.Reveal())
	return newHash(password.Reveal()) + " " + keys, err
}

// noPassword stands in place of the hash of a user that has no password.
const noPassword = "*"

func splitList(s string) []string {
	if strings.TrimSpace(s) == "" {
		return nil
	}
	parts := strings.Split(s, ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}

// newUser checks what a line says about a user. The error joins all mistakes.
func newUser(name string, groups, addresses []string) (User, error) {
	user := User{Name: name, Groups: groups}
	errs := []error{checkName(name)}
	if len(groups) > maxValues || len(addresses) > maxValues {
		return User{}, mistake(source.CodeLimitExceeded, "%d groups and %d addresses; give at most %d of each", len(groups), len(addresses), maxValues)
	}
	for _, g := range groups {
		if err := checkGroup(g); err != nil {
			errs = append(errs, err)
		}
	}
	for _, s := range addresses {
		errs = append(errs, user.addSender(s))
	}
	if err := errors.Join(errs...); err != nil {
		return User{}, err
	}
	return user, nil
}

// addSender adds an address, or a domain if s begins with @.
func (user *User) addSender(s string) error {
	if name, ok := strings.CutPrefix(s, "@"); ok {
		d, err := auth.ParseSenderDomain(name)
		user.Domains = append(user.Domains, d)
		return err
	}
	a, err := routing.ParseAddress(s)
	if err == nil && strings.Contains(s, ",") {
		err = fmt.Errorf("address %q; give one without a comma", s)
	}
	user.Addresses = append(user.Addresses, a)
	return err
}

// checkName refuses names that would be read back differently and names of
// well-known principals.
func checkName(name string) error {
	p, err := permission.ParsePrincipal(name)
	switch {
	case err != nil:
		return mistake(source.CodeNameInvalid, "user name: %w", err)
	case len(name) > maxName:
		return mistake(source.CodeNameInvalid, "user name of %d bytes; give at most %d", len(name), maxName)
	case strings.TrimSpace(name) != name || strings.ContainsAny(name, ":,") || name[0] == '#':
		return mistake(source.CodeNameInvalid, "user name %q; give one without colons and commas, without blanks around it and without # in front", name)
	case p.SIDs[0] != permission.NameSID(name):
		return mistake(source.CodeNameInvalid, "user name %q is that of a well-known principal; give another", name)
	}
	return nil
}

func checkGroup(name string) error {
	p, err := permission.ParsePrincipal(name)
	switch {
	case err != nil:
		return fmt.Errorf("group: %w", err)
	case strings.TrimSpace(name) != name || strings.ContainsAny(name, ":,"):
		return fmt.Errorf("group %q; give one without colons and commas, and without blanks around it", name)
	case p.Is(permission.SIDAnonymous):
		return fmt.Errorf("group %q: no user is anonymous; give another group", name)
	}
	return nil
}

// Identify returns the identity of a user with these groups and addresses, as if they stood in
// a file: for users that are kept elsewhere. The error has all mistakes as source.Diagnostics.
func Identify(name string, groups, addresses []string) (auth.Identity, error) {
	user, err := newUser(name, groups, addresses)
	if err != nil {
		return auth.Identity{}, diagnostics(source.Position{}, err)
	}
	return identify(user)
}

// identify returns the identity of a user that newUser accepted.
func identify(user User) (auth.Identity, error) {
	groups := make([]permission.SID, 0, len(user.Groups))
	for _, g := range user.Groups {
		p, err := permission.ParsePrincipal(g)
		if err != nil {
			return auth.Identity{}, err
		}
		groups = append(groups, p.SIDs...)
	}
	id := auth.Identity{Principal: permission.Authenticated(user.Name, groups...)}
	id.Addresses = append(id.Addresses, user.Addresses...)
	id.Domains = append(id.Domains, user.Domains...)
	if own, err := routing.ParseAddress(user.Name); err == nil && !id.Owns(own) {
		id.Addresses = append(id.Addresses, own)
	}
	return id, nil
}

// Senders returns the user's addresses in the file: addresses, and domains as
// @contoso.com or @*.contoso.com.
func (user User) Senders() []string {
	all := make([]string, 0, len(user.Addresses)+len(user.Domains))
	for _, a := range user.Addresses {
		all = append(all, a.String())
	}
	for _, d := range user.Domains {
		all = append(all, "@"+d.String())
	}
	return all
}

// format returns the line that parseLine reads as user with that text of newSecret, or noPassword.
func (user User) format(secret string) string {
	line := strings.Join([]string{user.Name, secret, strings.Join(user.Groups, ","), strings.Join(user.Senders(), ",")}, ":")
	return strings.TrimRight(line, ":")
}

// fold returns the form in which names are compared: two names of one principal
// are one user.
func fold(name string) string { return string(permission.NameSID(name)) }

package ldap

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/go-ldap/ldap/v3"

	"github.com/interchange-smtp/interchange/auth"
)

// Verifier checks the users of a directory. It implements auth.Verifier and is safe for
// concurrent use; its fields must not change once it is in use. The zero Verifier can't check
// any password.
type Verifier struct {
	// URLs are the directory's servers, as in ldaps://dc1.contoso.com or ldap://dc2:3389, which
	// begins with StartTLS. They are tried in this order; one that doesn't answer takes its
	// share of the Timeout, half of it if there are two.
	URLs []string
	TLS  *tls.Config // nil: the system's authorities. A certificate is checked for the host of the URL

	// BindDN and BindPassword log on to search; "": the directory lets anyone search.
	BindDN       string
	BindPassword auth.Secret

	BaseDN      string // users are searched below it
	GroupBaseDN string // groups are; "": below BaseDN

	ActiveDirectory bool // chooses the defaults of the next five; see the package documentation
	Filter          string
	NameAttribute   string
	MailAttributes  []string
	GroupFilter     string // "-": groups aren't looked up
	GroupAttribute  string

	Domain string // of the names of users and groups in grants, as in CONTOSO; "": none

	Timeout time.Duration // of a check, and of each answer; 0: 10 seconds
	Conns   int           // connections at once; 0: 4. Further checks wait

	// Dial connects to a server. Nil: a net.Dialer.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	once sync.Once
	room chan struct{} // of Conns

	mu     sync.Mutex
	idle   []*conn // kept connections
	closed bool
}

// Limits of the answers about one user.
const (
	maxGroups    = 500
	maxAddresses = 200
)

// Verify implements auth.Verifier.
func (v *Verifier) Verify(ctx context.Context, c auth.Credentials, _ auth.Channel) (id auth.Identity, err error) {
	if c.Password == "" || c.AsOther() {
		return id, auth.ErrBadCredentials
	}
	err = v.with(ctx, func(l *conn) error {
		entry, err := v.search(l, c.Username)
		if err != nil && !errors.Is(err, auth.ErrBadCredentials) {
			return err
		}
		dn := "cn=no such user," + v.BaseDN
		if entry != nil {
			dn = entry.DN
		}
		if bound := l.bindUser(dn, c.Password); bound != nil {
			return bound
		}
		if entry == nil {
			return auth.ErrBadCredentials // a directory that binds as an entry that isn't there
		}
		id, err = v.identify(l, entry)
		return err
	})
	return id, err
}

// Identity returns the identity of a user who has logged on without a password, such as with a
// token. For a name that no entry has, the error wraps auth.ErrNoUser; for one that several have,
// and for one that can't be searched, only auth.ErrBadCredentials.
func (v *Verifier) Identity(ctx context.Context, name string) (id auth.Identity, err error) {
	err = v.with(ctx, func(l *conn) error {
		entry, err := v.search(l, name)
		if err != nil {
			return err
		}
		id, err = v.identify(l, entry)
		return err
	})
	return id, err
}

// Close closes the kept connections. Checks stay possible: those that run and later ones close
// their connections themselves. Its error is always nil.
func (v *Verifier) Close() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.closed = true
	for _, l := range v.idle {
		l.close()
	}
	v.idle = nil
	return nil
}

// search returns the entry of a user. Without one the error wraps auth.ErrNoUser, and with
// several only auth.ErrBadCredentials.
func (v *Verifier) search(l *conn, user string) (*ldap.Entry, error) {
	if v.Domain != "" {
		if domain, name, ok := strings.Cut(user, `\`); ok {
			if !strings.EqualFold(domain, v.Domain) {
				return nil, fmt.Errorf("a user of another domain: %w", auth.ErrBadCredentials)
			}
			user = name
		}
	}
	if err := checkUser(user); err != nil {
		return nil, fmt.Errorf("%w: %w", err, auth.ErrBadCredentials)
	}
	filter := fill(v.filter(), map[string]string{"user": user})
	found, err := l.search(v.BindDN, v.BindPassword, v.BaseDN, filter, 2, append(v.mailAttributes(), v.nameAttribute()))
	switch {
	case err != nil:
		return nil, err
	case len(found) == 0:
		return nil, fmt.Errorf("the directory has %w", auth.ErrNoUser)
	case len(found) > 1:
		return nil, fmt.Errorf("the directory has several such users: %w", auth.ErrBadCredentials)
	}
	return found[0], nil
}

// checkUser refuses names that directories take for others: they ignore blanks at the ends,
// repeated ones and invisible characters (RFC 4518, sections 2.2 and 2.6.1), while the limits for
// guesses would count each spelling as a user of its own.
func checkUser(name string) error {
	switch {
	case name == "":
		return errors.New("the name is empty")
	case strings.Join(strings.Fields(name), " ") != name:
		return errors.New("the name has blanks at an end, or several together")
	case strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsGraphic(r) }):
		return errors.New("the name has an invisible character")
	}
	return nil
}

// fill replaces the names in braces of a filter by their values, escaped.
func fill(filter string, values map[string]string) string {
	var pairs []string
	for name, value := range values {
		pairs = append(pairs, "{"+name+"}", ldap.EscapeFilter(value))
	}
	return strings.NewReplacer(pairs...).Replace(filter)
}

func (v *Verifier) or(set, general, activeDirectory string) string {
	switch {
	case set != "":
		return set
	case v.ActiveDirectory:
		return activeDirectory
	}
	return general
}

func (v *Verifier) filter() string {
	return v.or(v.Filter, "(|(uid={user})(mail={user}))",
		"(&(objectCategory=person)(|(sAMAccountName={user})(userPrincipalName={user})(mail={user})))")
}

func (v *Verifier) nameAttribute() string { return v.or(v.NameAttribute, "uid", "sAMAccountName") }

func (v *Verifier) groupFilter() string {
	return v.or(v.GroupFilter, "(|(member={dn})(uniqueMember={dn})(memberUid={name}))", "(member:1.2.840.113556.1.4.1941:={dn})")
}

func (v *Verifier) groupAttribute() string { return v.or(v.GroupAttribute, "cn", "sAMAccountName") }

func (v *Verifier) mailAttributes() []string {
	switch {
	case len(v.MailAttributes) > 0:
		return append([]string(nil), v.MailAttributes...)
	case v.ActiveDirectory:
		return []string{"mail", "proxyAddresses"}
	}
	return []string{"mail"}
}

package ldap

import (
	"context"
	"net/netip"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"github.com/interchange-smtp/interchange/routing"
)

// Exists reports whether an entry below BaseDN has an address, of a user, a group or anything else,
// in one of MailAttributes; in proxyAddresses as smtp:ADDRESS. It implements relay.Recipients. The
// error says that no server of the directory answers.
func (v *Verifier) Exists(ctx context.Context, _ netip.Addr, to routing.Address) (exists bool, err error) {
	filter := v.addressFilter(to)
	err = v.with(ctx, func(l *conn) error {
		found, err := l.search(v.BindDN, v.BindPassword, v.BaseDN, filter, 1, []string{"1.1"})
		exists = len(found) > 0
		return err
	})
	return exists, err
}

// addressFilter returns the filter for entries with an address.
func (v *Verifier) addressFilter(to routing.Address) string {
	var b strings.Builder
	b.WriteString("(|")
	for _, attribute := range v.mailAttributes() {
		value := to.String()
		if strings.EqualFold(attribute, "proxyAddresses") {
			value = "smtp:" + value
		}
		b.WriteString("(" + attribute + "=" + ldap.EscapeFilter(value) + ")")
	}
	b.WriteString(")")
	return b.String()
}

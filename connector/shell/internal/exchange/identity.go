package exchange

import (
	"crypto/sha256"
	"fmt"
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
)

// The containers of Exchange's configuration, as distinguished names have them.
const (
	receiveContainer = ",CN=SMTP Receive Connectors,CN=Protocols,CN="
	sendContainer    = ",CN=Connections,CN=Exchange Routing Group (DWBGZMFD01QNBJR),CN=Routing Groups,"
	adminGroup       = "CN=Exchange Administrative Group (FYDIBOHF23SPDLT),CN=Administrative Groups"
)

// receiveKey is the identity of a Receive connector.
func (o *Org) receiveKey(r *receive) string {
	s, _ := o.server(r.Server)
	return s.Name + `\` + r.Name
}

// domainKey is the identity of an accepted domain.
func domainKey(d accepted) string {
	if d.Name != "" {
		return d.Name
	}
	return d.DomainName
}

// receiveDN is the distinguished name of a Receive connector.
func (o *Org) receiveDN(r *receive) string {
	s, _ := o.server(r.Server)
	return "CN=" + escapeDN(r.Name) + receiveContainer + escapeDN(s.Name) + ",CN=Servers," + adminGroup + o.root()
}

// sendDN is the distinguished name of a Send connector.
func (o *Org) sendDN(s *send) string {
	return "CN=" + escapeDN(s.Name) + sendContainer + adminGroup + o.root()
}

// globalDN is the distinguished name of what belongs to the organisation.
func (o *Org) globalDN(container, name string) string {
	return "CN=" + escapeDN(name) + ",CN=" + container + o.root()
}

// root is the end of all distinguished names. No command gives the organisation a
// name, so it has the one that setup proposes.
func (o *Org) root() string {
	var b strings.Builder
	b.WriteString(",CN=First Organization,CN=Microsoft Exchange,CN=Services,CN=Configuration")
	_, domain, _ := strings.Cut(o.local().FQDN, ".")
	for label := range strings.SplitSeq(domain, ".") {
		if label != "" {
			b.WriteString(",DC=" + label)
		}
	}
	return b.String()
}

// escapeDN writes a name into a distinguished name (RFC 4514 section 2.4).
func escapeDN(s string) string {
	var b strings.Builder
	for i, r := range s {
		if strings.ContainsRune(`,+"\<>;=`, r) || i == 0 && r == '#' {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// guid makes the GUID of what was made under a key: always the same one, so that
// two runs of a script print the same. Its form is that of RFC 9562 section 5.8.
func guid(kind, key string) string {
	h := sha256.Sum256([]byte(kind + "\x00" + strings.ToLower(key)))
	h[6] = h[6]&0x0f | 0x80
	h[8] = h[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", h[0:4], h[4:6], h[6:8], h[8:10], h[10:16])
}

// isGUID reports whether s is written like a GUID.
func isGUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		switch i {
		case 8, 13, 18, 23:
			if s[i] != '-' {
				return false
			}
		default:
			if !strings.ContainsRune("0123456789abcdefABCDEF", rune(s[i])) {
				return false
			}
		}
	}
	return true
}

// quote writes an identity into a message. Backslashes stay single.
func quote(s string) string {
	return strings.ReplaceAll(strconv.Quote(s), `\\`, `\`)
}

// hasWildcard reports whether an identity stands for several objects.
func hasWildcard(s string) bool { return strings.ContainsAny(s, "*?") }

// target returns the value of a command's Identity: an item itself, or text to look
// one up by.
func target[C any](noun string, v object.Value) (*item[C], string, error) {
	if l, ok := v.(*object.List); ok && len(l.Items) == 1 {
		v = l.Items[0]
	}
	if o, ok := v.(*object.Object); ok && o.Ref != nil {
		it, ok := o.Ref.(*item[C])
		switch {
		case !ok:
			return nil, "", fmt.Errorf("it takes a %s, not a %s", noun, o.Type)
		case it.key == "":
			return nil, "", fmt.Errorf("the %s %s was removed", noun, quote(object.Text(v)))
		}
		return it, "", nil
	}
	s, err := single(v)
	if err == nil && strings.TrimSpace(s) == "" {
		err = fmt.Errorf("the identity is empty")
	}
	return nil, s, err
}

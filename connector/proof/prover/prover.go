package prover

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/connector/jsonconfig"
	"github.com/interchange-smtp/interchange/connector/proof"
)

// Prove returns the certificate of a policy. The error says that the policy is too large
// for a certificate.
func Prove(p *connector.Policy) (*proof.Certificate, error) {
	return prove(p, nil, []*connector.Policy{p})
}

// Diff returns the certificate of two policies, with their answers side by side. Its
// Differences says how many answers differ. The error is as for Prove.
func Diff(before, after *connector.Policy) (*proof.Certificate, error) {
	return prove(before, after, []*connector.Policy{before, after})
}

// prover makes one certificate.
type prover struct {
	policies []*connector.Policy // one or two
	domains  *partition.Domains
	cert     *proof.Certificate
	pairs    []pair
	place    map[pair]int // in pairs
	effort   *partition.Effort
	room     int               // bytes that the certificate may still have
	texts    map[string]string // of next hops, once each
}

// pair is a way of being served: the connectors, nil for none and for no policy, and
// whether connections begin with TLS.
type pair struct {
	in       [2]*connector.Inbound
	implicit bool
}

func prove(a, b *connector.Policy, policies []*connector.Policy) (*proof.Certificate, error) {
	c := &prover{
		policies: policies, cert: &proof.Certificate{Format: proof.Format, Rules: proof.Rules}, place: map[pair]int{},
		effort: partition.NewEffort(), room: proof.MaxBytes, texts: map[string]string{},
	}
	for _, p := range policies {
		text, err := jsonconfig.Marshal(p.Config())
		if err != nil {
			return nil, err
		}
		c.cert.Policies = append(c.cert.Policies, proof.Hash(text))
	}
	c.domains = partition.NewDomains(a, b, partition.SenderNames(policies...)...)
	if err := c.listeners(partition.Intervals(a, b, c.effort)); err != nil {
		return nil, err
	}
	c.domainCells()
	c.clientNames()
	c.accessLists()
	c.offers()
	c.answers()
	c.routes(partition.Cuts(a, b))
	switch {
	case c.effort.Exceeded():
		return nil, fmt.Errorf("too large for a certificate: %s", c.effort.Why())
	case c.room < 0:
		return nil, fmt.Errorf("too large for a certificate: it would have more than %d bytes", proof.MaxBytes)
	}
	_, c.cert.Differences = c.cert.Count()
	text, err := c.cert.Text()
	if err == nil {
		_, err = proof.Read(bytes.NewReader(text))
	}
	if err != nil {
		return nil, fmt.Errorf("too large for a certificate: %w", err)
	}
	return c.cert, nil
}

// domainCells copies the domains and their classes into the certificate.
func (c *prover) domainCells() {
	kinds := map[partition.Kind]string{
		partition.Named: proof.Named, partition.Below: proof.Below, partition.Elsewhere: proof.Elsewhere,
		partition.Label: proof.Label, partition.Literal: proof.Literal,
	}
	for _, cell := range c.domains.Cells {
		c.cert.Domains = append(c.cert.Domains, proof.Domain{
			Kind: kinds[cell.Kind], Name: cell.Name.String(), Class: cell.Class, Witness: cell.Witness.String(),
		})
	}
	for i, class := range c.domains.Classes {
		k := proof.Class{Reserved: class.Reserved, Label: class.Label, Witness: c.domains.Representative(i).String()}
		for j := range c.policies {
			typ := ""
			if class.Accepted[j] != 0 {
				typ = class.Accepted[j].String()
			}
			k.Accepted, k.Secured = append(k.Accepted, typ), append(k.Secured, class.Secure[j])
		}
		c.cert.Classes = append(c.cert.Classes, k)
	}
}

// clientNames collects the names of client certificates that are in the same lists.
func (c *prover) clientNames() {
	for _, state := range [][2]bool{{true, true}, {true, false}, {false, true}} {
		var names []string
		for i, class := range c.domains.Classes {
			if class.Secure == state {
				for _, cell := range c.domains.Members[i] {
					names = append(names, c.domains.Cells[cell].Name.String())
				}
			}
		}
		if names != nil {
			slices.Sort(names)
			c.cert.ClientNames = append(c.cert.ClientNames, proof.ClientNames{Secured: state[:len(c.policies)], Names: names})
		}
	}
}

// exceeded reports whether the certificate is too large or takes too long to make.
func (c *prover) exceeded() bool { return c.room < 0 || c.effort.Exceeded() }

// grouped collects the places of elements whose value is the same.
type grouped[T any] struct {
	keys    map[[sha256.Size]byte]int
	places  [][]int
	members []T
}

// add adds an element, and returns how many bytes more the certificate has at least.
func (g *grouped[T]) add(place int, value T) (size int) {
	text, _ := json.Marshal(value) // of texts and numbers, which have a form
	key := sha256.Sum256(text)
	at, ok := g.keys[key]
	if !ok {
		if g.keys == nil {
			g.keys = map[[sha256.Size]byte]int{}
		}
		at, size = len(g.members), len(text)
		g.keys[key] = at
		g.members, g.places = append(g.members, value), append(g.places, nil)
	}
	g.places[at] = append(g.places[at], place)
	return size
}

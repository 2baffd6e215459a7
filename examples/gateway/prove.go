package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/jsonconfig"
	"github.com/interchange-smtp/interchange/connector/load"
	"github.com/interchange-smtp/interchange/connector/proof"
	"github.com/interchange-smtp/interchange/connector/proof/prover"
)

// prove registers the flags of gateway prove and returns its runner.
func prove(c *cli, flags *flag.FlagSet) runner {
	var p policyFlags
	p.registerReading(flags)
	return func(words []string) int {
		if len(words) != 1 && len(words) != 2 {
			return c.invalid(errors.New("give a policy, or the OLD one and the NEW one: each a file, files separated by commas, or a directory"))
		}
		policies, ok := c.policies(p, words)
		if !ok {
			return exitInvalid
		}
		return c.prove(policies)
	}
}

// prove prints the certificate of a policy, or of two.
func (c *cli) prove(policies []*connector.Policy) int {
	var certificate *proof.Certificate
	var err error
	if len(policies) == 1 {
		certificate, err = prover.Prove(policies[0])
	} else {
		certificate, err = prover.Diff(policies[0], policies[1])
	}
	if err != nil {
		return c.invalid(err)
	}
	text, err := certificate.Text()
	if err != nil {
		return c.invalid(err)
	}
	if _, err := c.stdout.Write(text); err != nil {
		return c.invalid(err)
	}
	return exitOK
}

// policies reads the policies that words name. It returns false if one of them can't be
// read, which it has printed.
func (c *cli) policies(p policyFlags, words []string) (policies []*connector.Policy, ok bool) {
	for _, word := range words {
		named := p
		var err error
		if named.files, err = load.Names(word); err != nil {
			c.invalid(err)
			return nil, false
		}
		l, ok := c.policy(&named)
		if !ok {
			return nil, false
		}
		policies = append(policies, l.Policy)
	}
	return policies, true
}

// verifyProof registers the flags of gateway verify and returns its runner.
func verifyProof(c *cli, flags *flag.FlagSet) runner {
	var p policyFlags
	p.registerReading(flags)
	p.registerJSON(flags)
	return func(words []string) int {
		if len(words) != 2 && len(words) != 3 {
			return c.invalid(errors.New("give a certificate of gateway prove, and the policy, or the OLD one and the NEW one"))
		}
		file, err := os.Open(words[0])
		if err != nil {
			return c.invalid(err)
		}
		defer file.Close()
		policies, ok := c.policies(p, words[1:])
		if !ok {
			return exitInvalid
		}
		return c.verifyProof(p.json, file, policies)
	}
}

// verifyProof checks a certificate with the texts of one policy or two, and prints what it
// proves, or why it is refused.
func (c *cli) verifyProof(asJSON bool, file io.Reader, policies []*connector.Policy) int {
	var texts [][]byte
	for _, p := range policies {
		policy, err := jsonconfig.Marshal(p.Config())
		if err != nil {
			return c.invalid(err)
		}
		texts = append(texts, policy)
	}
	certificate, err := proof.Read(file)
	switch failed := (*fs.PathError)(nil); {
	case errors.As(err, &failed):
		return c.invalid(failed)
	case err != nil:
	case len(texts) == 1:
		err = proof.Verify(certificate, texts[0])
	default:
		err = proof.VerifyDiff(certificate, texts[0], texts[1])
	}
	out := verifyJSON{Verified: err == nil}
	if err != nil {
		out.Error = err.Error()
	} else {
		out.Answers, out.Different = certificate.Count()
	}
	switch {
	case asJSON:
		c.printJSON(out)
	case err != nil:
		fmt.Fprintf(c.stdout, "refused: %s\n", out.Error)
	case len(texts) == 1:
		fmt.Fprintf(c.stdout, "verified: %s\n", count(out.Answers, "answer"))
	case out.Different == 0:
		fmt.Fprintf(c.stdout, "verified: %s, the same under both policies\n", count(out.Answers, "answer"))
	default:
		fmt.Fprintf(c.stdout, "verified: %s, of which %d differ\n", count(out.Answers, "answer"), out.Different)
	}
	if err != nil {
		return exitNo
	}
	return exitOK
}

// verifyJSON is the result of verify for machines.
type verifyJSON struct {
	Verified  bool   `json:"verified"`
	Error     string `json:"error,omitempty"`
	Answers   int    `json:"answers,omitempty"`
	Different int    `json:"different"`
}

package main

import (
	"crypto/tls"
	"errors"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/auth/userfile"
	"github.com/interchange-smtp/interchange/relay/delivery"
)

// settings are what serve reads from files, when it begins and at every SIGHUP.
type settings struct {
	policy       *loaded
	certificates []tls.Certificate
	verifier     auth.Verifier // nil: nobody checks passwords
	found        []checked     // by look
}

// read reads all files. The settings are nil if something is wrong with one,
// and the errors say everything that is.
func (f *serveFlags) read(c *cli) (*settings, []error) {
	s := &settings{}
	var policyErr, certErr, usersErr error
	s.policy, policyErr = f.load(c)
	s.certificates, certErr = loadCertificate(f.cert, f.key)
	if f.users != "" {
		s.verifier, usersErr = userfile.Load(f.users)
	}
	if mistakes := []error{policyErr, certErr, usersErr}; errors.Join(mistakes...) != nil {
		return nil, mistakes
	}
	return s, nil
}

// check returns what of the policy can't be done with the certificates.
func (s *settings) check() error {
	return (&delivery.Sender{Certificates: s.certificates}).Check(s.policy.Policy)
}

// adapt adds what the built-in policy needs and no file has.
func (r *relayProcess) adapt(s *settings) {
	if r.demo == nil {
		return
	}
	if s.verifier == nil {
		s.verifier = demoVerifier(demoUser, demoPassword)
	}
	if len(s.certificates) == 0 {
		s.certificates = []tls.Certificate{r.demo.hub}
	}
}

// reload reads all files anew and serves by them from now on, or logs what is
// wrong with them and changes nothing. New connections go by the new settings
// as a whole, those that are there by the old ones.
func (r *relayProcess) reload() {
	begin := time.Now()
	// Whoever typed a password when it began isn't asked again.
	unattended := *r.cli
	unattended.unattended = true
	next, mistakes := r.flags.read(&unattended)
	if next != nil {
		r.adapt(next)
		mistakes = append(mistakes, next.check(), r.look(next))
	}
	if errors.Join(mistakes...) == nil {
		mistakes = append(mistakes, r.change(next))
	}
	if errors.Join(mistakes...) != nil {
		n := r.logMistakes("reload: mistake", mistakes)
		r.logger.Error("reload refused, what was served goes on", "mistakes", n)
		return
	}
	r.now = next
	r.logFindings(next)
	r.logger.Info("reloaded", "files", len(r.flags.files), "duration", time.Since(begin))
}

// change serves by next.
func (r *relayProcess) change(next *settings) error {
	// While some go by the old policy and some by the new one, each finds the
	// certificates that it names.
	old := r.now.certificates
	r.sender.SetCertificates(append(next.certificates[:len(next.certificates):len(next.certificates)], old...))
	if err := r.server.Reload(next.policy.Policy, next.verifier, next.certificates); err != nil {
		r.sender.SetCertificates(old)
		return advised(err)
	}
	r.sender.SetCertificates(next.certificates)
	if r.queue != nil {
		r.queue.dispatcher.SetPolicy(next.policy.Policy)
	}
	return nil
}

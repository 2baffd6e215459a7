package main

import (
	"context"
	"errors"
	"log/slog"
	"strings"

	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/relay/oauth"
)

// invalid reports every mistake for which serve doesn't begin: on standard error for
// people, in the log for machines.
func (r *relayProcess) invalid(mistakes []error) {
	if r.flags.json {
		n := r.logMistakes("mistake", mistakes)
		r.logger.Error("can't serve", "mistakes", n)
		return
	}
	var others []error
	for _, err := range mistakes {
		var bad source.Diagnostics
		if errors.As(err, &bad) {
			flags := append(r.flags.places(), flagFile{"-tokens", r.flags.tokens}, flagFile{"-oauth", r.flags.oauth.file})
			r.cli.mistaken(r.flags.json, owner(err, flags...), err)
		} else {
			others = append(others, err)
		}
	}
	if err := errors.Join(others...); err != nil {
		r.cli.invalid(err)
	}
}

// logMistakes logs every mistake and returns how many there are.
func (r *relayProcess) logMistakes(event string, mistakes []error) int {
	n := 0
	for _, err := range mistakes {
		var bad source.Diagnostics
		switch {
		case err == nil:
		case errors.As(err, &bad):
			for _, f := range bad {
				n++
				r.logger.Error(event, "finding", logLine(f))
			}
		default:
			n++
			r.logger.Error(event, "error", err)
		}
	}
	return n
}

// findings returns the findings of check about a configuration.
func (r *relayProcess) findings(s *configuration) []checked { return s.loaded.check(r.material(s)) }

// material names the users, keys, certificates and places that a configuration is run with.
func (r *relayProcess) material(s *configuration) material {
	f := r.flags
	return material{ // without the certificates by ACME, of which the client of the authority logs what is wrong
		users: s.users, recipients: s.recipients.secrets, console: f.console.secrets(), credentials: f.credentialsFile(), tokens: f.tokens, clientCA: f.clientCA,
		pairs: s.pairs, chain: s.Certificates, acme: f.acme.dir != "",
		oauth: s.oauth, oauthFile: f.oauth.file, oauthTokens: f.oauth.tokens(f.data),
		dkim: s.dkim, dkimDir: f.dkimKeys, serving: true, noQueue: f.data == "", validating: r.validating(), now: r.cli.now(),
	}
}

// validating reports whether a name server is believed about DNSSEC.
func (r *relayProcess) validating() bool { return r.published != nil && r.published.DNSSEC != nil }

// logFindings logs the findings about the configuration in use, a line for each, and keeps what it is run with for
// the console.
func (r *relayProcess) logFindings(s *configuration) {
	m := r.material(s)
	r.inUse.Store(&m)
	for _, f := range s.found {
		if f.logged() {
			r.logFinding(f)
		}
	}
}

// checkAgain makes the findings about the configuration in use once more and logs them, because
// certificates and secrets expire without a change of any file, and what was logged at the start
// is forgotten.
func (r *relayProcess) checkAgain() {
	r.now.found = r.findings(r.now)
	r.logFindings(r.now)
}

// logValidity logs that a certificate or a client secret has expired or expires soon, because
// nothing else would show that it wasn't renewed.
func (r *relayProcess) logValidity() {
	for _, f := range r.findings(r.now) {
		switch f.Code {
		case analysis.CodeCertificateExpired, analysis.CodeCertificateExpires, oauth.CodeSecretExpires:
			r.logFinding(f)
		}
	}
}

// logFinding logs a finding at the level of its severity; one that was acknowledged a level lower.
func (r *relayProcess) logFinding(f checked) {
	level := slog.LevelWarn
	switch {
	case f.Severity == source.SeverityError && f.Acknowledged == "":
		level = slog.LevelError
	case f.Severity != source.SeverityError && f.Acknowledged != "":
		level = slog.LevelInfo
	}
	text := f.Diagnostic
	text.Code = "" // an attribute of its own
	attrs := []any{"finding", oneLine(text.Summary()), "code", f.Code}
	if f.Acknowledged != "" {
		attrs = append(attrs, "acknowledged", f.Acknowledged)
	}
	r.logger.Log(context.Background(), level, "policy", attrs...)
}

// oneLine returns a text of several lines as one: a list after a colon is separated by semicolons.
func oneLine(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(text, ":\n", ": "), "\n", "; ")
}

// examine makes the findings about a configuration and returns those for which it isn't served.
func (r *relayProcess) examine(s *configuration) error {
	s.found = r.findings(s)
	var mistakes source.Diagnostics
	for _, f := range s.found {
		if f.stops() {
			if f.example != "" {
				f.Detail += "; for example " + f.example
			}
			mistakes = append(mistakes, f.Diagnostic)
		}
	}
	return mistakes.Err()
}

package load

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell"
)

const (
	// credentialPrefix begins the names of the environment variables of credentials.
	credentialPrefix = "INTERCHANGE_CREDENTIAL"
	// answerPrefix begins the names of the environment variables that answer
	// Read-Host and stand for mandatory parameters of scripts.
	answerPrefix = "INTERCHANGE_ANSWER_"
)

// CredentialEnv returns the name of the environment variable that answers
// $variable = Get-Credential: INTERCHANGE_CREDENTIAL_variable. Credentials that are
// assigned to no variable have INTERCHANGE_CREDENTIAL.
func CredentialEnv(variable string) string {
	if variable == "" {
		return credentialPrefix
	}
	return credentialPrefix + "_" + variable
}

// answers answers what scripts ask for, by Options.Credentials, Options.Environ and
// Options.Shell in this order.
type answers struct {
	opts *Options
	file map[string]param.Credential // by variable in lower case
}

// credential answers Get-Credential.
func (a *answers) credential(r shell.Request) (param.Credential, error) {
	found, ok := a.lookup(r.Variable)
	switch ask := a.opts.Shell.Credential; {
	case !ok && ask != nil:
		return ask(r)
	case !ok:
		return found, fmt.Errorf("there is no user to ask; set %s=user:password in the environment, or give a credentials file", CredentialEnv(r.Variable))
	case r.UserName != "" && !strings.EqualFold(found.UserName, r.UserName):
		return param.Credential{}, fmt.Errorf("the command asks for the user %q, but the stored credential is for %q", r.UserName, found.UserName)
	}
	return found, nil
}

// lookup returns the credentials for a variable from the file or the environment.
func (a *answers) lookup(variable string) (param.Credential, bool) {
	if found, ok := a.file[strings.ToLower(cmp.Or(variable, noVariable))]; ok {
		return found, true
	}
	text, _ := a.variable(CredentialEnv(variable))
	return parseCredential(text)
}

// answer answers Read-Host: with a password of the same places if the answer is a
// secret, otherwise from the environment.
func (a *answers) answer(q shell.Question) (auth.Secret, error) {
	found, ok := a.lookup(q.Variable)
	if !q.Secret {
		var text string
		text, ok = a.variable(answerPrefix + q.Variable)
		found.Password = auth.Secret(text)
	}
	switch {
	case ok:
		return found.Password, nil
	case a.opts.Shell.Answer != nil:
		return a.opts.Shell.Answer(q)
	case q.Secret:
		found, err := a.credential(shell.Request{Variable: q.Variable, Message: q.Prompt, Position: q.Position})
		return found.Password, err
	}
	return "", fmt.Errorf("there is no user to ask; set %s%s in the environment", answerPrefix, cmp.Or(q.Variable, "name"))
}

// parameter answers for a mandatory parameter of a script.
func (a *answers) parameter(cmdlet, name string) (string, bool) {
	if cmdlet == "param" {
		if text, ok := a.variable(answerPrefix + name); ok {
			return text, true
		}
	}
	if ask := a.opts.Shell.Ask; ask != nil {
		return ask(cmdlet, name)
	}
	return "", false
}

// env answers $env:NAME: scripts run on this server, and see no credentials.
func (a *answers) env(name string) (string, bool) {
	switch {
	case a.opts.Server != "" && strings.EqualFold(name, "COMPUTERNAME"):
		return serverNamed(a.opts.Server).Name, true
	case len(name) >= len(credentialPrefix) && strings.EqualFold(name[:len(credentialPrefix)], credentialPrefix):
		return "", false
	}
	text, ok := a.variable(name)
	if otherwise := a.opts.Shell.Env; !ok && otherwise != nil {
		return otherwise(name)
	}
	return text, ok
}

// variable returns a variable of the environment, whose names have no case, as on
// Windows.
func (a *answers) variable(name string) (string, bool) {
	for _, entry := range a.opts.Environ {
		if key, value, _ := strings.Cut(entry, "="); strings.EqualFold(key, name) {
			return value, true
		}
	}
	return "", false
}

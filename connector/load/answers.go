package load

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell"
	"github.com/interchange-smtp/interchange/internal/secretplace"
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

	secrets secretplace.Reader // also of PasswordFrom
}

// credential answers Get-Credential.
func (a *answers) credential(r shell.Request) (param.Credential, error) {
	found, ok, err := a.lookup(r.Variable)
	switch ask := a.opts.Shell.Credential; {
	case err != nil:
		return found, err
	case !ok && ask != nil:
		return ask(r)
	case !ok:
		return found, fmt.Errorf("there is no user to ask; set %s=user:password in the environment, or give a credentials file", CredentialEnv(r.Variable))
	case r.UserName != "" && !strings.EqualFold(found.UserName, r.UserName):
		return param.Credential{}, fmt.Errorf("the command asks for the user %q, but the stored credential is for %q", r.UserName, found.UserName)
	}
	return found, nil
}

// lookup returns the credentials for a variable from the file, the environment or systemd.
func (a *answers) lookup(variable string) (param.Credential, bool, error) {
	if found, ok := a.file[strings.ToLower(cmp.Or(variable, noVariable))]; ok {
		return found, true, nil
	}
	text, _ := a.variable(CredentialEnv(variable))
	if found, ok := parseCredential(text); ok {
		return found, true, nil
	}
	dir, _ := a.variable(secretplace.DirectoryVariable)
	if dir == "" || variable != filepath.Base(variable) || !filepath.IsLocal(variable) {
		return param.Credential{}, false, nil
	}
	secret, err := a.secrets.Read(param.SecretPlace{Credential: variable})
	if errors.Is(err, fs.ErrNotExist) {
		return param.Credential{}, false, nil
	}
	found, ok := parseCredential(secret.Reveal())
	if err == nil && !ok {
		err = fmt.Errorf("%s: write user:password", filepath.Join(dir, variable))
	}
	return found, ok, err
}

// answer answers Read-Host: with a password of the same places if the answer is a
// secret, otherwise from the environment.
func (a *answers) answer(q shell.Question) (auth.Secret, error) {
	var answer auth.Secret
	var ok bool
	if q.Secret {
		found, known, err := a.lookup(q.Variable)
		if err != nil {
			return "", err
		}
		answer, ok = found.Password, known
	} else {
		text, known := a.variable(answerPrefix + q.Variable)
		answer, ok = auth.Secret(text), known
	}
	switch {
	case ok:
		return answer, nil
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

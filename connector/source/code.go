package source

// Code names a kind of mistake or finding. Codes are stable: tools may depend on them,
// unlike on the texts. docs/findings.md lists them all.
//
// A Code is an error, so that errors.Is(err, CodeSyntax) reports whether err has a
// [Diagnostic] with that code.
type Code string

// Error returns the code.
func (c Code) Error() string { return string(c) }

// The codes of mistakes in a file, whatever its form.
const (
	CodeSyntax             Code = "syntax"              // the text can't be read as what the file should be
	CodeUnsupported        Code = "unsupported"         // Exchange knows it, and here it doesn't exist
	CodeLimitExceeded      Code = "limit-exceeded"      // a file, a line or a script is larger than allowed
	CodeParameterUnknown   Code = "parameter-unknown"   // there is no parameter or property of that name
	CodeParameterDuplicate Code = "parameter-duplicate" // it is given twice
	CodeParameterMissing   Code = "parameter-missing"   // it must be given
	CodeIgnored            Code = "ignored"             // warning or note: it has no meaning here
)

// The codes of what keeps a program from using a configuration.
const (
	CodeFileUnreadable      Code = "file-unreadable"      // the file is absent or can't be read
	CodePolicyMissing       Code = "policy-missing"       // there is no policy to work by
	CodeCertificateMissing  Code = "certificate-missing"  // a connector needs a certificate, and none is given
	CodeDkimKeyMissing      Code = "dkim-key-missing"     // a connector signs messages, and there is no key for them
	CodeDkimKeyUnusable     Code = "dkim-key-unusable"    // a file with a DKIM key can't be read, or has no key that signs
	CodeCertificateUnusable Code = "certificate-unusable" // no certificate has the name in TlsCertificateName, or it or the TLS settings can't be used
	CodeBindingUnavailable  Code = "binding-unavailable"  // the address can't be listened on
	CodeTransport           Code = "transport"            // a transport that fits no Send connector of this server
)

// The codes of what goes wrong while a script runs.
const (
	CodeCommandUnknown Code = "command-unknown" // there is no cmdlet of that name
	CodeCommandFailed  Code = "command-failed"  // a cmdlet can't do what it is asked for
	CodeScriptFailed   Code = "script-failed"   // an expression or statement can't be evaluated
	CodeScriptWarning  Code = "script-warning"  // warning: what a script or a cmdlet warns of
	CodeInterrupted    Code = "interrupted"     // the caller's context ended
)

// The codes of mistakes in values, whichever package finds them.
const (
	CodeNameMissing   Code = "name-missing"
	CodeNameInvalid   Code = "name-invalid"   // too long, or with characters that no name has
	CodeNameDuplicate Code = "name-duplicate" // letter case doesn't distinguish
	CodeValueInvalid  Code = "value-invalid"  // not a value of the parameter
	CodeOutOfRange    Code = "out-of-range"   // outside the limits of the parameter
	CodeServerUnknown Code = "server-unknown" // not listed in Servers
	CodeNotFound      Code = "not-found"      // no object has the identity
	CodeAmbiguous     Code = "ambiguous"      // several objects have the identity
)

package smtpserver

// verb is a command that this server knows.
type verb uint8

const (
	verbUnknown verb = iota
	verbHelo
	verbEhlo
	verbMail
	verbRcpt
	verbData
	verbBdat
	verbRset
	verbNoop
	verbQuit
	verbVrfy
	verbHelp
	verbStartTLS
	verbAuth
	verbXclient
	verbUnsupported // a command of SMTP that is not implemented
	verbForeign     // a command of HTTP
)

// String returns the command in upper case; "" for those that are unknown or not implemented.
func (v verb) String() string {
	return [...]string{
		verbHelo: "HELO", verbEhlo: "EHLO", verbMail: "MAIL", verbRcpt: "RCPT", verbData: "DATA", verbBdat: "BDAT", verbRset: "RSET",
		verbNoop: "NOOP", verbQuit: "QUIT", verbVrfy: "VRFY", verbHelp: "HELP", verbStartTLS: "STARTTLS", verbAuth: "AUTH", verbXclient: "XCLIENT", verbForeign: "",
	}[v]
}

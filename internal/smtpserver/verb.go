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
	verbUnsupported // a command of SMTP that is not implemented
	verbForeign     // a command of HTTP
)

package smtpserver

// verb is a command.
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
	verbUnsupported
	verbForeign
)

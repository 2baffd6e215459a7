package foreign

import (
	"fmt"
	"path"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/foreign/internal/account"
	"github.com/interchange-smtp/interchange/connector/foreign/internal/iis"
	"github.com/interchange-smtp/interchange/connector/foreign/internal/postfix"
	"github.com/interchange-smtp/interchange/connector/source"
)

// MaxFile is the largest size in bytes of a file that Read takes.
const MaxFile = 16 << 20

// The codes in an account.
const (
	CodeTaken          = account.CodeTaken          // note: the configuration has the setting
	CodeWithoutMeaning = account.CodeWithoutMeaning // note: what the setting is for doesn't exist here
	CodeNotPossible    = account.CodeNotPossible    // warning: the configuration lacks the setting; Fix says what to do
)

// Kind is the kind of a file.
type Kind uint8

// The kinds. Unknown means that the file isn't of another mail server.
const (
	Unknown Kind = iota
	Postfix      // main.cf
	IIS          // MetaBase.xml
)

// Detect returns the kind of a file: a file of Postfix by the extension of its name, .cf, and a
// metabase of IIS by its content.
func Detect(name string, data []byte) Kind {
	switch ext := path.Ext(name); {
	case strings.EqualFold(ext, ".cf"):
		return Postfix
	case strings.EqualFold(ext, ".xml") && iis.IsMetabase(data):
		return IIS
	}
	return Unknown
}

// Result is the content of a file and of those that it refers to.
type Result struct {
	Config  connector.Config
	Places  source.Map
	Account source.Diagnostics // what became of each setting, in the order of the files: notes, and warnings about what is lost
	Files   []string           // in the order of reading
}

// Read reads a file of a kind that Detect recognises. It reads files that the file refers to with
// readFile. The error is source.Diagnostics with all mistakes.
//
// Passwords for next hops are in the Config, and in no text of the account.
func Read(name string, data []byte, readFile func(name string) ([]byte, error)) (*Result, error) {
	limited := func(name string) ([]byte, error) {
		data, err := readFile(name)
		if err == nil {
			err = checkSize(data)
		}
		return data, err
	}
	if err := checkSize(data); err != nil {
		return nil, problem(name, source.CodeLimitExceeded, err.Error())
	}
	var book *account.Book
	var err error
	switch kind := Detect(name, data); {
	case kind == Postfix && strings.EqualFold(path.Base(name), "master.cf"):
		return nil, problem(name, source.CodeSyntax, "name main.cf; master.cf beside it is read with it")
	case kind == IIS:
		book, err = iis.Read(name, data)
	case kind == Postfix:
		book, err = postfix.Read(name, data, limited)
	default:
		return nil, problem(name, source.CodeSyntax, "this is neither Postfix's main.cf nor a metabase of IIS")
	}
	if err != nil {
		return nil, err
	}
	return &Result{Config: book.Config, Places: book.Places, Account: book.Lines(), Files: book.Files}, nil
}

func checkSize(data []byte) error {
	if len(data) > MaxFile {
		return fmt.Errorf("the file has more than %d bytes", MaxFile)
	}
	return nil
}

func problem(name string, code source.Code, detail string) source.Diagnostics {
	return source.Diagnostics{{Severity: source.SeverityError, Position: source.Position{File: name, Line: 1}, Code: code, Detail: detail}}
}

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"iter"
	"os"
	"os/signal"
	"strings"
	"time"
	"unicode"

	"github.com/peterh/liner"
	"golang.org/x/term"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/load"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/relay/gateway/control"
	"github.com/interchange-smtp/interchange/relay/gateway/queues"
)

// Prompts of gateway shell.
const (
	shellPrompt = "[interchange] > "
	morePrompt  = ">> "
	shellWidth  = 120
)

// runShell registers the flags of gateway shell and returns its runner.
func runShell(c *cli, fs *flag.FlagSet) runner {
	var p policyFlags
	p.registerFiles(fs)
	s := &session{cli: c}
	fs.StringVar(&s.data, "data", "", "let Get-Queue, Get-Message and the like work on the queue, and Get-MessageTrackingLog on the log, of the gateway that was started with the data directory `DIR`")
	fs.StringVar(&s.logs, "logs", "", "let Get-MessageTrackingLog search the logs in `DIR`, that of serve -logs (default: logs in the directory of -data)")
	fs.StringVar(&s.history, "history", "", "keep the history of commands in `FILE` (default: none is kept)")
	fs.StringVar(&s.output, "output", "", "save the policy in `FILE`, .ps1 or .json, at the end if all commands succeeded, and at Save-Policy without a name")
	return func(words []string) int {
		p.files = append(p.files, words...)
		return s.work(&p)
	}
}

// work runs the commands that are typed at a terminal, or those on standard input. They work on the policy of p, or
// on a fresh organisation.
func (s *session) work(p *policyFlags) int {
	if s.output != "" {
		if _, err := formOf(s.output); err != nil {
			return s.invalid(fmt.Errorf("-output: %w", err))
		}
	}
	s.files = p.files
	in, ok := s.stdin.(*os.File)
	s.interactive = ok && term.IsTerminal(int(in.Fd())) && liner.TerminalSupported()
	if err := s.open(p); err != nil {
		return s.badPolicy(p, err)
	}
	if s.interactive {
		return s.interact(s.history)
	}
	script, err := io.ReadAll(s.stdin)
	if err != nil {
		return s.invalid(err)
	}
	err = s.in.Run(context.Background(), "stdin", script)
	s.printErrors(err)
	if saving := s.finish(err != nil); saving != nil {
		return s.invalid(saving)
	}
	if code, ok := s.in.Exited(); ok {
		return code
	}
	if err != nil {
		return exitNo
	}
	return exitOK
}

// printErrors prints the errors of a script, without the last one if that only says
// that the script ended with exit.
func (s *session) printErrors(err error) {
	var list source.Diagnostics
	if code, ok := s.in.Exited(); ok && code != 0 && errors.As(err, &list) {
		if list = list[:len(list)-1]; len(list) == 0 {
			return
		}
		err = list
	}
	if err != nil {
		fmt.Fprintln(s.stderr, err)
	}
}

// session is a running gateway shell.
type session struct {
	*cli
	policySaver
	in          *shell.Interpreter
	data, logs  string // the directories of a gateway; "": its cmdlets fail
	history     string // the file of the history; "": none is kept
	interactive bool
	line        *liner.State // of an interactive one, once the policy is read
}

// open reads the policy and makes the interpreter.
func (s *session) open(p *policyFlags) error {
	opts, err := p.options(s.cli)
	if err != nil {
		return err
	}
	d, err := load.Read(context.Background(), opts, p.files...)
	if err == nil && len(d.Mistakes) > 0 {
		err = d.Mistakes
	}
	if err != nil {
		return p.advised(err)
	}
	for _, w := range d.Warnings {
		fmt.Fprintln(s.stderr, w)
	}
	sh := d.Shell()
	sh.Out, sh.Width, sh.FS, sh.Save = s.stdout, s.width(), &load.Directory{Path: ".", Write: true}, s.save
	if s.data != "" {
		sh.Queues = s.queues()
	}
	if s.data != "" || s.logs != "" {
		sh.Tracking = trackingFiles{s.data, s.logs}
	}
	if s.interactive {
		sh.Credential, sh.Confirm, sh.Ask, sh.Answer = s.credential, s.confirm, s.ask, s.answer
	}
	if s.in, err = d.Interpreter(sh); err == nil {
		s.begin()
	}
	return err
}

// queues returns the queue of the gateway on the data directory. Messages expire as the configuration of the shell says.
func (s *session) queues() *queues.Live {
	return &queues.Live{
		Ask: func(ctx context.Context, r control.Request) iter.Seq2[control.Event, error] {
			return s.cli.ask(ctx, s.data, r, nil)
		},
		Now: s.now,
		Expiration: func() time.Duration {
			policy, err := connector.Compile(s.in.Config())
			if err != nil {
				return 0
			}
			return policy.Service().MessageExpirationTimeout
		},
		Problem: func(text string) { fmt.Fprintf(s.stderr, "gateway shell: %s\n", visibleLine(text)) },
	}
}

// width returns the width of the terminal.
func (s *session) width() int {
	if out, ok := s.stdout.(*os.File); ok {
		if width, _, err := term.GetSize(int(out.Fd())); err == nil && width > 0 {
			return width
		}
	}
	return shellWidth
}

// interact reads commands from the terminal until its end.
func (s *session) interact(history string) int {
	s.line = liner.NewLiner()
	defer s.line.Close()
	s.line.SetCtrlCAborts(true)
	s.line.SetTabCompletionStyle(liner.TabPrints)
	s.line.SetWordCompleter(s.complete)
	if err := s.readHistory(history); err != nil {
		return s.invalid(err)
	}
	fmt.Fprintln(s.stdout, "Get-Command lists the commands, Get-Help NAME describes one. Tab completes, exit quits.")
	for {
		script, err := s.command()
		code, exited := s.in.Exited()
		switch {
		case errors.Is(err, liner.ErrPromptAborted):
			continue
		case errors.Is(err, io.EOF):
			fmt.Fprintln(s.stdout)
			code, err = exitOK, nil
		case isExit(script):
			code = exitOK
		case err == nil && !exited:
			continue
		}
		if err == nil && !s.mayLeave(s.line.Prompt) {
			continue
		}
		if err = errors.Join(err, s.writeHistory(history)); err != nil {
			return s.invalid(err)
		}
		return code
	}
}

// command reads a command, which may take several lines, and runs it.
func (s *session) command() (script string, err error) {
	for prompt := shellPrompt; ; prompt = morePrompt {
		line, err := s.line.Prompt(prompt)
		if err != nil {
			return "", err
		}
		s.remember(line)
		script += line
		if isExit(script) {
			return script, nil
		}
		err = s.run(script)
		if !shell.Incomplete(err) || line == "" {
			s.failed = s.failed || err != nil
			s.printErrors(err)
			return script, nil
		}
		script += "\n"
	}
}

// run runs a command. The interrupt key ends it.
func (s *session) run(script string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := s.in.Run(ctx, "prompt", []byte(script))
	if ctx.Err() != nil {
		return errors.New("interrupted")
	}
	return err
}

func isExit(line string) bool {
	line = strings.TrimSpace(line)
	return strings.EqualFold(line, "exit") || strings.EqualFold(line, "quit")
}

// complete completes the word before the cursor.
func (s *session) complete(line string, pos int) (head string, completions []string, tail string) {
	runes := []rune(line)
	before := string(runes[:min(pos, len(runes))])
	start, completions := s.in.Complete(before)
	if len(completions) == 1 {
		completions[0] += " "
	}
	return before[:start], completions, line[len(before):]
}

// remember adds a line to the history, unless it may contain a password.
func (s *session) remember(line string) {
	low := strings.ToLower(line)
	if strings.TrimSpace(line) != "" && !strings.Contains(low, "securestring") && !strings.Contains(low, "password") {
		s.line.AppendHistory(line)
	}
}

func (s *session) readHistory(file string) error {
	f, err := os.Open(file)
	if errors.Is(err, os.ErrNotExist) { // or no file is given
		return nil
	}
	if err != nil {
		return source.FileError(file, err)
	}
	defer f.Close()
	_, err = s.line.ReadHistory(f)
	return source.FileError(file, err)
}

func (s *session) writeHistory(file string) error {
	if file == "" {
		return nil
	}
	f, err := os.OpenFile(file, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return source.FileError(file, err)
	}
	_, err = s.line.WriteHistory(f)
	return source.FileError(file, errors.Join(err, f.Close()))
}

// credential asks for a user name and a password, the latter without echo.
func (s *session) credential(r shell.Request) (param.Credential, error) {
	if r.Message != "" {
		fmt.Fprintln(s.stdout, printable(r.Message))
	}
	cred := param.Credential{UserName: r.UserName}
	if cred.UserName == "" {
		user, err := s.line.Prompt("User: ")
		if err != nil {
			return cred, err
		}
		cred.UserName = user
	}
	password, err := s.line.PasswordPrompt("Password for user " + printable(cred.UserName) + ": ")
	cred.Password = auth.Secret(password)
	return cred, err
}

// confirm asks a question. An empty answer means yes.
func (s *session) confirm(question string) (bool, error) {
	fmt.Fprintln(s.stdout, printable(question))
	answer, err := s.line.Prompt("[Y] Yes  [N] No (default is Y): ")
	if err != nil {
		return false, err
	}
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "" || answer == "y" || answer == "yes", nil
}

// ask asks for a mandatory parameter.
func (s *session) ask(cmdlet, parameter string) (string, bool) {
	answer, err := s.line.Prompt(cmdlet + " -" + parameter + ": ")
	return answer, err == nil && answer != ""
}

// answer asks the question of a Read-Host.
func (s *session) answer(q shell.Question) (auth.Secret, error) {
	prompt := printable(q.Prompt) + ": "
	if q.Secret {
		typed, err := s.line.PasswordPrompt(prompt)
		return auth.Secret(typed), err
	}
	typed, err := s.line.Prompt(prompt)
	return auth.Secret(typed), err
}

// printable replaces the characters that a prompt can't show.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, text)
}

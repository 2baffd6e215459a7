package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/svc"
	"golang.org/x/sys/windows/svc/eventlog"
)

// eventSource is the source of this program's events in the Application log.
const eventSource = "gateway"

// runAsService runs gateway serve for Windows' service manager if that has started the process.
func runAsService(args []string) (code int, done bool) {
	if len(args) == 0 || args[0] != "serve" {
		return 0, false
	}
	log, err := eventlog.Open(eventSource)
	if err != nil {
		return 0, false
	}
	defer log.Close()
	s := &service{cli: newCLI(os.Stdin, io.Discard, &eventWriter{log}), args: args, code: exitNo}
	err = svc.Run(eventSource, s)
	if err == windows.ERROR_FAILED_SERVICE_CONTROLLER_CONNECT {
		return 0, false
	}
	if err != nil {
		_ = log.Error(1, err.Error()) // there is no other place to say it
	}
	return s.code, true
}

// service answers the service manager.
type service struct {
	cli  *cli
	args []string
	code int // of the process
}

// Execute implements [svc.Handler]: serve runs until the manager stops it, and the
// control code PARAMCHANGE reloads.
func (s *service) Execute(_ []string, requests <-chan svc.ChangeRequest, status chan<- svc.Status) (specific bool, code uint32) {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	hangup := make(chan os.Signal, 1)
	daily, watch := time.NewTicker(24*time.Hour), time.NewTicker(time.Minute)
	defer daily.Stop()
	defer watch.Stop()
	ready := make(chan struct{})
	ended := make(chan int, 1)
	grace, given := shutdownGrace, shutdownGrace
	go func() {
		s.cli.serving = func(server func(context.Context, events) int, grace time.Duration) int {
			given = grace
			return server(ctx, events{hangup: hangup, daily: daily.C, watch: watch.C, ready: func() { close(ready) }})
		}
		ended <- s.cli.run(s.args)
	}()
	current := svc.Status{State: svc.StartPending}
	status <- current
	for {
		select {
		case <-ready:
			ready, grace = nil, given
			current = svc.Status{State: svc.Running, Accepts: svc.AcceptStop | svc.AcceptShutdown | svc.AcceptParamChange}
			status <- current
		case r := <-requests:
			switch r.Cmd {
			case svc.Stop, svc.Shutdown:
				current = svc.Status{State: svc.StopPending, WaitHint: uint32((grace + 10*time.Second).Milliseconds())}
				stop()
			case svc.ParamChange:
				select {
				case hangup <- syscall.SIGHUP:
				default: // a reload is due already
				}
			}
			status <- current
		case s.code = <-ended:
			return s.code != exitOK, uint32(s.code)
		}
	}
}

// eventWriter writes lines to the Application log. A line may begin with its priority, as
// package journal writes it; one without is an error.
type eventWriter struct{ log *eventlog.Log }

func (w *eventWriter) Write(line []byte) (int, error) {
	text, report := line, w.log.Error
	if len(line) > 2 && line[0] == '<' && line[2] == '>' {
		text = line[3:]
		switch line[1] {
		case '4':
			report = w.log.Warning
		case '6', '7':
			report = w.log.Info
		}
	}
	if err := report(1, string(bytes.TrimRight(text, "\n"))); err != nil {
		return 0, err
	}
	return len(line), nil
}

// takesPriority reports whether each line of a log that goes to w should begin with its
// priority.
func takesPriority(w io.Writer) bool {
	_, ok := w.(*eventWriter)
	return ok
}

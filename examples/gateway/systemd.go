package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"

	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/gateway/control"
)

// tellSystemd tells the service manager something, as sd_notify does; without one it does nothing.
func (r *relayProcess) tellSystemd(state string) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		r.logger.Warn("systemd can't be told the state of the gateway", "error", err)
	}
}

// tellReady says that the gateway serves, and what.
func (r *relayProcess) tellReady() {
	r.tellSystemd(daemon.SdNotifyReady + "\n" + r.stateForSystemd())
}

// stateForSystemd is the line that systemctl status shows.
func (r *relayProcess) stateForSystemd() string {
	text := fmt.Sprintf("STATUS=serving policy %s, %s", r.now.Policy.Fingerprint(), count(len(r.now.Policy.Bindings()), "binding"))
	if r.flags.data != "" {
		n := r.gateway.Dispatcher.Counts()
		text += ", " + count(n.Waiting+n.Sending, "message") + " waiting"
	}
	return text
}

// tellReloading says that a reload begins. tellReady ends it.
func (r *relayProcess) tellReloading() {
	r.tellSystemd(daemon.SdNotifyReloading + "\n" + daemon.SdNotifyMonotonicUsec())
}

// tellStopping says that the gateway shuts down, and asks for the time that it may take.
func (r *relayProcess) tellStopping() {
	r.tellSystemd(fmt.Sprintf("%s\nEXTEND_TIMEOUT_USEC=%d", daemon.SdNotifyStopping, (r.flags.grace + 15*time.Second).Microseconds()))
}

// watchdog tells the service manager, if it asks for that, that the gateway works. A full queue or disk
// is no reason not to: a restart cures neither.
func (r *relayProcess) watchdog(ctx context.Context) {
	interval, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		r.logger.Warn("systemd's watchdog can't be used", "error", err)
	}
	if interval <= 0 {
		return
	}
	for tick := time.Tick(interval / 2); ; {
		select {
		case <-tick:
			if r.works() {
				r.tellSystemd(daemon.SdNotifyWatchdog)
			}
		case <-ctx.Done():
			return
		}
	}
}

// works reports whether the parts of the gateway answer. It doesn't return if one is stuck.
func (r *relayProcess) works() bool {
	bound := r.gateway.Server.Bound()
	open := slices.ContainsFunc(bound, func(b relay.BoundAddress) bool { return b.Listening })
	_ = r.gateway.Dispatcher.Counts() // waits for its lock
	return r.gateway.State() == control.Serving && (open || len(bound) == 0)
}

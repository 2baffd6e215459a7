package interp

import (
	"errors"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
)

// asking are the cmdlets that ask the user or the clock.
func asking() []*command {
	whole := func(name string) object.Parameter { return parameter(name, "Int32", object.Named, "How many.") }
	return []*command{
		{name: "Read-Host", synopsis: "Asks for a line of text.", start: startReadHost,
			params: []object.Parameter{parameter("Prompt", "String", 0, "What to ask."),
				flag("AsSecureString", "Shows nothing of the answer, and makes a SecureString of it.")}},
		{name: "Get-Date", synopsis: "Gets the time, as a value or as text.", start: startGetDate,
			params: []object.Parameter{
				parameter("Format", "String", object.Named, "How to write it: yyyy-MM-dd HH:mm:ss.")}},
		{name: "New-TimeSpan", synopsis: "Makes a time span.", start: startNewTimeSpan,
			params: []object.Parameter{whole("Days"), whole("Hours"), whole("Minutes"), whole("Seconds"),
				parameter("Start", "DateTime", 0, "Where it begins."), parameter("End", "DateTime", 1, "Where it ends; now unless given.")}},
	}
}

// errNotInteractive says that there is no user to ask.
var errNotInteractive = errors.New("the session is not interactive; set the variable in the script, or in a script before it")

func startReadHost(inv *invocation) (stage, error) {
	prompt := inv.text("Prompt")
	return inv.once(func() error {
		if inv.in.opt.Answer == nil {
			return inv.fail(errNotInteractive)
		}
		q := Question{Variable: inv.target, Prompt: visible(prompt), Secret: inv.on("AsSecureString"), Pos: position(inv.node)}
		answer, err := inv.in.opt.Answer(q)
		if err != nil {
			return inv.fail(err)
		}
		if q.Secret {
			return inv.emit(object.NewSecure(answer))
		}
		return inv.emit(answer.Reveal())
	}), nil
}

// errNoClock says that Options.Now is nil.
var errNoClock = errors.New("there is no clock here")

// now asks the clock.
func (inv *invocation) now() (time.Time, error) {
	if inv.in.opt.Now == nil {
		return time.Time{}, inv.fail(errNoClock)
	}
	return inv.in.opt.Now(), nil
}

func startGetDate(inv *invocation) (stage, error) {
	format := inv.text("Format")
	return inv.once(func() error {
		now, err := inv.now()
		if err != nil || now.IsZero() {
			return err
		}
		if format != "" {
			return inv.emit(object.FormatTime(now, format))
		}
		return inv.emit(object.Time(now))
	}), nil
}

func startNewTimeSpan(inv *invocation) (stage, error) {
	var sum time.Duration
	for name, unit := range map[string]time.Duration{"Days": 24 * time.Hour, "Hours": time.Hour, "Minutes": time.Minute, "Seconds": time.Second} {
		n, err := inv.number(name, 0)
		if err != nil {
			return nil, err
		}
		if n > 1<<20 {
			return nil, failf(inv.where(name), "-%s is at most %d", name, 1<<20)
		}
		sum += time.Duration(n) * unit
	}
	start, hasStart := inv.args["Start"].(object.Time)
	if _, given := inv.args["Start"]; given && !hasStart {
		return nil, failf(inv.where("Start"), "-Start is a time, as Get-Date gives it")
	}
	return inv.once(func() error {
		if !hasStart {
			return inv.emit(object.Span(sum))
		}
		end, ok := inv.args["End"].(object.Time)
		if !ok {
			now, err := inv.now()
			if err != nil {
				return err
			}
			end = object.Time(now)
		}
		return inv.emit(object.Span(time.Time(end).Sub(time.Time(start))))
	}), nil
}

// effectless are the cmdlets that scripts for Exchange begin and end with, and that
// have nothing to do here.
func effectless() []*command {
	anything := parameter("Arguments", "Object[]", 0, "Has no effect here.")
	anything.Remaining = true
	none := func(name, why string, params ...string) *command {
		c := &command{name: name, synopsis: "Does nothing: " + why + ".", start: startNothing, params: []object.Parameter{anything}}
		for _, p := range params {
			if p, isFlag := strings.CutPrefix(p, "-"); isFlag {
				c.params = append(c.params, flag(p, "Has no effect here."))
				continue
			}
			c.params = append(c.params, parameter(p, "Object", object.Named, "Has no effect here."))
		}
		return c
	}
	const there, session, noService = "Exchange's cmdlets are there", "there is no session to another server", "no service is run by a script"
	list := []*command{
		none("Start-Sleep", "there is nothing to wait for", "Seconds", "Milliseconds"),
		none("Write-Progress", "there is no progress bar", "Activity", "Status", "PercentComplete", "CurrentOperation", "Id", "ParentId", "SecondsRemaining", "-Completed"),
		none("Write-Debug", "there is no debugger", "Message"),
		none("Set-ADServerSettings", "there is no directory to ask", "ViewEntireForest", "PreferredServer", "RecipientViewRoot", "ConfigurationDomainController", "SetPreferredDomainControllers"),
		none("Start-Transcript", "the caller keeps what a script prints", "Path", "LiteralPath", "-Append", "-NoClobber", "-Force", "-IncludeInvocationHeader"),
		none("Stop-Transcript", "the caller keeps what a script prints"),
		none("Set-ExecutionPolicy", "scripts are run here when they are named", "ExecutionPolicy", "Scope", "-Force"),
		none("Connect-ExchangeServer", there, "-auto", "ServerFqdn", "ClientApplication", "-AllowClobber"),
		none("Remove-PSSnapin", there, "Name"),
		none("Remove-Module", there, "Name", "-Force"),
		none("Import-PSSession", there, "Session", "CommandName", "Prefix", "-AllowClobber", "-DisableNameChecking"),
		none("Remove-PSSession", session, "Session", "Name", "Id"),
		none("Clear-Host", "the screen is the user's"),
		none("Set-PSDebug", "there is no debugger", "Trace", "-Strict", "-Off"),
		none("Out-Printer", "there is no printer", "Name"),
	}
	list[12].aliases = []string{"cls", "clear"}
	list[0].aliases = []string{"sleep"}
	for _, c := range list {
		for i := range c.params {
			c.params[i].Pipeline = i == 0
		}
	}
	load := none(".", there)
	restart := none("Restart-Service", noService, "Name", "DisplayName", "-Force", "-PassThru")
	restart.start = func(inv *invocation) (stage, error) {
		return inv.once(func() error {
			inv.warn(inv.cmd.name + " does nothing here: the gateway serves a new policy after a reload; docs/gateway.md says how")
			return nil
		}), nil
	}
	start, stop := *restart, *restart
	start.name, stop.name = "Start-Service", "Stop-Service"
	made := none("New-PSSession", session, "ConfigurationName", "ConnectionUri", "Credential", "Authentication", "ComputerName", "-AllowRedirection", "SessionOption")
	made.start = func(inv *invocation) (stage, error) {
		return inv.once(func() error {
			return inv.emit(row("PSSession", "Id", int64(1), "Name", "Session1", "State", "Opened", "ConfigurationName", "Microsoft.Exchange"))
		}), nil
	}
	snapins := none("Get-PSSnapin", there, "Name", "-Registered")
	snapins.start = func(inv *invocation) (stage, error) {
		return inv.once(func() error {
			return inv.emit(row("PSSnapInInfo", "Name", "Microsoft.Exchange.Management.PowerShell.SnapIn", "PSVersion", "5.1"))
		}), nil
	}
	return append(list, load, restart, &start, &stop, made, snapins,
		none("Get-Module", there, "Name", "-ListAvailable"), none("Get-PSSession", session, "Name", "ComputerName", "ConfigurationName"))
}

func startNothing(inv *invocation) (stage, error) {
	return inv.once(nil), nil
}

package interp

import (
	"errors"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/shell/internal/syntax"
	"github.com/interchange-smtp/interchange/connector/source"
)

// making are the cmdlets that make new objects, and those that load modules.
func making() []*command {
	name := required(parameter("Name", "String[]", 0, "Exchange's snap-in or module."))
	return []*command{
		{name: "New-Object", synopsis: "Makes a PSCredential, an empty SecureString, a PSObject or an ArrayList.", start: startNewObject,
			params: []object.Parameter{
				required(parameter("TypeName", "String", 0, "The type.")),
				parameter("ArgumentList", "Object[]", 1, "What the type's constructor takes.", "Args"),
				parameter("Property", "Hashtable", object.Named, "The properties of a PSObject."),
			}},
		{name: "ConvertTo-SecureString", synopsis: "Makes a SecureString of text.", start: startSecureString,
			params: []object.Parameter{
				required(pipelined(parameter("String", "String", 0, "The text."))),
				flag("AsPlainText", "Says that the text is the secret itself."),
				flag("Force", "Says that this is meant."),
			}},
		{name: "Add-PSSnapin", synopsis: "Does nothing: Exchange's cmdlets are there.", start: startSnapin,
			params: []object.Parameter{name}},
		{name: "Set-StrictMode", synopsis: "Does nothing: what was never set is warned of anyway.", start: startNothing,
			params: []object.Parameter{parameter("Version", "Version", object.Named, "Has no effect here."), flag("Off", "Has no effect here.")}},
		{name: "Import-Module", aliases: []string{"ipmo"}, synopsis: "Does nothing: Exchange's cmdlets are there.", start: startSnapin,
			params: []object.Parameter{name, flag("Force", "Has no effect here."), flag("DisableNameChecking", "Has no effect here.")}},
	}
}

func pipelined(p object.Parameter) object.Parameter {
	p.Pipeline = true
	return p
}

// startSnapin accepts what administrators begin their scripts with.
func startSnapin(inv *invocation) (stage, error) {
	for _, v := range object.Items(inv.args["Name"]) {
		name := inv.in.text(inv.where("Name"), v)
		if !strings.Contains(strings.ToLower(name), "exchange") {
			return nil, &Error{Where: inv.where("Name").Where(), Code: source.CodeUnsupported, Err: errors.New("no module can be loaded"),
				Fix: "remove it: Exchange's own snap-ins are there anyway"}
		}
	}
	return inv.once(nil), nil
}

func startNewObject(inv *invocation) (stage, error) {
	name := inv.text("TypeName")
	args := object.Items(inv.args["ArgumentList"])
	var made object.Value
	var err error
	switch short(name) {
	case "pscredential":
		made, err = inv.credential(args)
	case "securestring":
		made = object.NewSecure("")
	case "hashtable":
		made = new(object.Table)
	case "psobject", "pscustomobject", "object":
		made, err = inv.custom()
	case "arraylist", "list[string]", "list[object]":
		// A list goes through a pipeline as its elements; an empty one must not.
		return inv.once(func() error { return inv.emitWhole(new(object.List)) }), nil
	default:
		return nil, &Error{Where: inv.where("TypeName").Where(), Code: source.CodeUnsupported, Err: errors.New("New-Object can't make this type"),
			Fix: "use System.Management.Automation.PSCredential, System.Security.SecureString, PSObject or System.Collections.ArrayList"}
	}
	if err != nil {
		return nil, err
	}
	return inv.once(func() error { return inv.emit(made) }), nil
}

// short is a type's name without namespaces, in lower case.
func short(name string) string {
	name = strings.ToLower(strings.TrimSpace(name))
	name = strings.ReplaceAll(name, "system.", "")
	if i := strings.IndexByte(name, '['); i > 0 {
		return name[strings.LastIndexByte(name[:i], '.')+1:]
	}
	return name[strings.LastIndexByte(name, '.')+1:]
}

// credential makes a PSCredential of a user name and a SecureString.
func (in *Interp) credential(n syntax.Node, args []object.Value) (object.Value, bool) {
	if len(args) != 2 {
		return nil, false
	}
	secret, ok := args[1].(*object.Secure)
	if !ok {
		return nil, false
	}
	return object.NewCredential(in.text(n, args[0]), secret), true
}

func (inv *invocation) credential(args []object.Value) (object.Value, error) {
	if made, ok := inv.in.credential(inv.where("ArgumentList"), args); ok {
		return made, nil
	}
	return nil, &Error{Where: inv.where("ArgumentList").Where(), Err: errors.New("a PSCredential is made of a user name and a SecureString"),
		Fix: "use New-Object System.Management.Automation.PSCredential('user', (ConvertTo-SecureString '…' -AsPlainText -Force))"}
}

func (inv *invocation) custom() (object.Value, error) {
	o := object.NewObject(customObject, 0)
	v, given := inv.args["Property"]
	t, ok := v.(*object.Table)
	if given && !ok {
		return nil, failf(inv.where("Property"), "-Property is a hashtable")
	}
	if !given {
		return o, nil
	}
	for name, item := range t.All() {
		must(inv.node, inv.in.keep(nil, o.Len()+1))
		o.Set(name, item)
	}
	return o, nil
}

func startSecureString(inv *invocation) (stage, error) {
	each := func(v object.Value) error {
		if !inv.on("AsPlainText") {
			return inv.fail(errors.New("encrypted text can't be read here; -AsPlainText -Force takes the secret itself"))
		}
		text, ok := v.(string)
		if !ok {
			return inv.fail(errors.New("a SecureString is made of text"))
		}
		return inv.emit(object.NewSecure(auth.Secret(text)))
	}
	return inv.work(each, func() error {
		if v, ok := inv.args["String"]; ok {
			return each(v)
		}
		return nil
	}), nil
}

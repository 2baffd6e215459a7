package exchange

import (
	"cmp"
	"errors"

	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
)

// saveCommand is Save-Policy, which Exchange doesn't have: it keeps what cmdlets change.
func (o *Org) saveCommand() object.Command {
	return &command{
		name: "Save-Policy", synopsis: "Saves the policy in a file: as commands in .ps1, as JSON in .json.",
		params: []object.Parameter{
			{Name: "Path", Type: "String", Aliases: []string{"FilePath", "LiteralPath"}, Help: "The file, whose name ends in .ps1 or .json; that of -output unless given."},
			{Name: "WithPasswords", Type: "SwitchParameter", Switch: true, Position: object.Named, Help: "Writes passwords, too, in .json only; only the owner may read the file then."},
		},
		run: o.savePolicy,
	}
}

// savePolicy is Save-Policy.
func (o *Org) savePolicy(call *object.Call) error {
	file := ""
	if v, given := call.Args["Path"]; given {
		var err error
		if file, err = single(v); err == nil && file == "" {
			err = errors.New("it is empty; give a name that ends in .ps1 or .json")
		}
		if err != nil {
			return about(call, "Path", err)
		}
	}
	passwords := false
	if v, given := call.Args["WithPasswords"]; given {
		var err error
		if passwords, err = boolean.read(v); err != nil {
			return about(call, "WithPasswords", err)
		}
	}
	if o.Save == nil {
		return errors.New("a policy can't be saved here: the program that runs this script has no place for it")
	}
	if ok, err := call.Confirm("Save-Policy", cmp.Or(file, "the file of -output")); err != nil || !ok {
		return err
	}
	warning, err := o.Save(file, passwords)
	if err == nil && warning != "" {
		call.Warn(warning)
	}
	return err
}

package console

import (
	"fmt"
	"net/http"

	"github.com/interchange-smtp/interchange/connector/shell"
	"github.com/interchange-smtp/interchange/console/internal/policyfiles"
)

// objectRoutes are the pages about the objects of a policy.
func (c *Console) objectRoutes(mux *http.ServeMux) {
	c.handle(mux, "GET /organization", View, organizationPage)
	c.handle(mux, "GET /server", View, serverPage)
	c.handle(mux, "GET /parameters", View, parametersPage)
	c.handle(mux, "POST /parameters", Change, changeParameter)
	c.handle(mux, "POST /enable", Change, enableObject)
	c.handle(mux, "POST /remove", Change, removeObject)
}

// nouns are the objects that the action pane enables and removes, by the nouns of their cmdlets.
var nouns = map[string]string{
	"SendConnector": "the Send connector", "ReceiveConnector": "the Receive connector",
	"AcceptedDomain": "the accepted domain", "RemoteDomain": "the remote domain",
}

// object returns the noun and the identity that a form names.
func (r *request) object() (noun, id string, err error) {
	noun, id = r.PostFormValue("noun"), r.PostFormValue("id")
	if nouns[noun] == "" || id == "" {
		return "", "", &problem{status: http.StatusBadRequest, text: "The form names no object.", fix: "Select it in the list, and use its actions."}
	}
	return noun, id, nil
}

// enableObject proposes to enable or disable a connector.
func enableObject(r *request) error {
	noun, id, err := r.object()
	if err != nil {
		return err
	}
	verb, value := "Disable", "$false"
	if r.PostFormValue("enabled") == "true" {
		verb, value = "Enable", "$true"
	}
	return r.propose(policyfiles.Change{
		Title:    fmt.Sprintf("%s %s %s", verb, nouns[noun], id),
		Commands: fmt.Sprintf("Set-%s -Identity %s -Enabled %s\n", noun, shell.Quote(id), value),
	}, verb, r.back("/"))
}

// removeObject proposes to remove an object.
func removeObject(r *request) error {
	noun, id, err := r.object()
	if err != nil {
		return err
	}
	return r.propose(policyfiles.Change{
		Title:    fmt.Sprintf("Remove %s %s", nouns[noun], id),
		Commands: fmt.Sprintf("Remove-%s -Identity %s -Confirm:$false\n", noun, shell.Quote(id)),
	}, "Remove", r.back("/"))
}

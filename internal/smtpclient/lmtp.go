package smtpclient

import "context"

// Answer is the next hop's reply to a message for one recipient. Err is nil if it has 2xx.
type Answer struct {
	Reply Reply
	Err   error
}

// DataEach is Data for LMTP, where the next hop replies for each recipient that it has
// accepted in the open transaction, in their order. An error of DataEach itself means that
// the next hop hasn't got the message. If a reply is lost, so are those after it.
func (c *Conn) DataEach(ctx context.Context, m Message) ([]Answer, error) {
	defer c.watch(ctx)()
	if _, err := c.prepare(&m); err != nil {
		return nil, err
	}
	if err := c.sendText(m); err != nil {
		return nil, err
	}
	c.begun = false
	answers := make([]Answer, c.taken)
	var lost error // the reply or failure after which no more replies can be read
	for i := range answers {
		a := &answers[i]
		if c.bad && lost != nil {
			a.Err = lost
			continue
		}
		if a.Reply, a.Err = c.read(StageBody, c.cfg.Timeouts.Final); a.Err == nil && a.Reply.Code/100 != 2 {
			a.Err = c.unexpected(StageBody, a.Reply)
		}
		lost = a.Err
	}
	return answers, nil
}

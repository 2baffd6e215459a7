# What the guide leaves to the administrator: mail for the organisation goes to
# its mailboxes, mail for a partner past the gateway.
New-SendConnector "ToMailboxes" -Usage Internal -AddressSpaces fabrikam.com -SmartHosts 10.2.3.9 -SmartHostAuthMechanism ExternalAuthoritative -DNSRoutingEnabled $false | Out-Null
New-SendConnector "ToPartner" -Usage Internet -AddressSpaces partner.example | Out-Null
# A limit that the tests reach, and refusals that don't keep them waiting.
Get-ReceiveConnector | Set-ReceiveConnector -MaxMessageSize 1MB -TarpitInterval 00:00:00

# What the console does in steps 1 to 3 of the procedure, with the answers that
# the wizard's pages are given.
New-SendConnector "ToInternetGateway" -Usage Internet -AddressSpaces * -SmartHosts smtpgateway1.contoso.com -SmartHostAuthMechanism None -SourceTransportServers HubA -DNSRoutingEnabled $false | Out-Null
New-ReceiveConnector "Receive Connector Name" -Usage Custom -Bindings 10.2.3.4:25 -RemoteIPRanges 192.168.5.77 | Out-Null
Set-ReceiveConnector "Receive Connector Name" -PermissionGroups AnonymousUsers

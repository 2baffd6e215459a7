Get-ReceiveConnector -Server EDGE01 | Format-List Identity, Fqdn, Bindings, AuthMechanism, PermissionGroups
(Get-ReceiveConnector -Server MBX01).Count
Get-AcceptedDomain
Get-AdSiteLink

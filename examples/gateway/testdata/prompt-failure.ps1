Get-ReceiveConnector Relay
Write-Host "secret: $env:INTERCHANGE_CREDENTIAL_mycred."

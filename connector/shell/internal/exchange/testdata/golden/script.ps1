<#
.SYNOPSIS
    Makes the relay connectors of a list, or brings them up to date.
#>
[CmdletBinding(SupportsShouldProcess = $true)]
param(
    [Parameter(Mandatory = $false)] [string] $Server = $env:COMPUTERNAME,
    [ValidateRange(1, 65535)] [int] $Port = 2525,
    [switch] $Quiet
)
Add-PSSnapin Microsoft.Exchange.Management.PowerShell.SnapIn -ErrorAction SilentlyContinue
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$made = 0; $changed = 0

function Write-Log {
    param([string] $Message, [ValidateSet('INFO', 'WARN')] [string] $Level = 'INFO')
    if (-not $Quiet) { Write-Host ('{0,-4} {1}' -f $Level, $Message) }
}

function Get-Ranges([string] $Text) {
    foreach ($part in $Text -split '[;,\s]+') {
        if ([string]::IsNullOrEmpty($part)) { continue }
        try { [Microsoft.Exchange.Data.IPRange]::Parse($part) | Out-Null; $part }
        catch { Write-Log "left out: $part" -Level WARN }
    }
}

$rows = @'
Name,Ranges,Kind
Scanners,"10.1.0.1; 10.1.0.2,10.1.0.2",relay
Applications,10.2.0.0/24 nonsense,inside
Scanners,10.1.0.3,relay
Later,10.9.0.1,skip
'@ -split "`r?`n" | ConvertFrom-Csv

foreach ($row in $rows) {
    if ($row.Kind -eq 'skip') { Write-Log "$($row.Name) is skipped"; continue }
    $ranges = @(Get-Ranges $row.Ranges | Sort-Object -Unique)
    $existing = Get-ReceiveConnector "$Server\$($row.Name)" -ErrorAction SilentlyContinue
    if ($existing) {
        $new = Compare-Object @($existing.RemoteIPRanges) $ranges | Where-Object { $_.SideIndicator -eq '=>' } | ForEach-Object { $_.InputObject }
        Set-ReceiveConnector -Identity $existing.Identity -RemoteIPRanges @{ Add = $new }
        $changed++
        continue
    }
    $params = @{
        Name = $row.Name; Server = $Server; Usage = 'Custom'; TransportRole = 'FrontendTransport'
        Bindings = "0.0.0.0:$Port"; RemoteIPRanges = $ranges; PermissionGroups = 'AnonymousUsers'
    }
    try {
        $connector = New-ReceiveConnector @params
        $made++
    }
    catch {
        Write-Log $_.Exception.Message -Level WARN
        exit 1
    }
    switch ($row.Kind) {
        'relay' {
            $connector | Add-ADPermission -User 'NT AUTHORITY\ANONYMOUS LOGON' -ExtendedRights ms-Exch-SMTP-Accept-Any-Recipient | Out-Null
            Write-Log "$($row.Name) may relay"
        }
        default { Write-Log "$($row.Name) sends inside only" }
    }
}
Write-Log "$made made, $changed changed"
Get-ReceiveConnector | Where-Object { $_.Bindings -match ":$Port$" } | Format-Table Name, RemoteIPRanges -AutoSize
if ($made -ne 2) { throw "made $made" }

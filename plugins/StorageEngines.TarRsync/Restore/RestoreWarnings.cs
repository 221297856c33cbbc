namespace StorageEngines.TarRsync.Restore;

/// <summary>
/// What could not be brought back and does not stop the rest; each kind is told once, as a progress report whose phase begins with <c>warning:</c>. Not
/// thread-safe.
/// </summary>
internal sealed class RestoreWarnings(IProgress<OperationProgress>? progress)
{
    private readonly HashSet<string> _told = [];

    /// <summary>Only an unprivileged user is spared what needs root.</summary>
    internal bool Tolerant { get; } = !Environment.IsPrivilegedProcess;

    internal void Owners() => Tell("owners are not set, this needs root");

    internal void SetIdBits() => Tell("set-user-id and set-group-id bits are left out where the owner could not be set");

    internal void Nodes(ReadOnlySpan<byte> path) => Tell("device nodes are left out, making them needs root", $" (the first is {ByteText.Escape(path)})");

    internal void Attribute(ReadOnlySpan<byte> name) => Tell("extended attributes that need root are left out", $" (the first is {ByteText.Escape(name)})");

    private void Tell(string what, string first = "")
    {
        if (_told.Add(what))
        {
            progress?.Report(new OperationProgress($"warning: {what}{first}", 0, null));
        }
    }
}

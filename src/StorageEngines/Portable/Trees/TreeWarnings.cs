using StorageEngines.Posix;

namespace StorageEngines.Portable.Trees;

/// <summary>What could not be brought over and does not stop the rest; each kind is told once, as a progress report whose phase begins with <c>warning:</c>. Thread-safe.</summary>
internal sealed class TreeWarnings(IProgress<OperationProgress>? progress)
{
    private int _told;

    /// <summary>Whether a device node could not be made.</summary>
    internal bool NodesLeftOut { get; private set; }

    /// <summary>Owners need root.</summary>
    internal void Owners() => Tell(1, "warning: owners are not set, this needs root");

    /// <summary>Attributes need root, or a file system that has them.</summary>
    internal void Attribute(ReadOnlySpan<byte> name, PosixException cause)
        => Tell(2, $"warning: an extended attribute ({ByteText.Escape(name)}) could not be set: {Errno.Name(cause.Errno)}");

    /// <summary>Device nodes need root.</summary>
    internal void Nodes(ReadOnlySpan<byte> path)
    {
        NodesLeftOut = true;
        Tell(8, $"warning: device nodes are left out, making them needs root (the first is {ByteText.Escape(path)})");
    }

    /// <summary>With another owner these bits would lend the wrong user's rights.</summary>
    internal void SetIdBits() => Tell(16, "warning: set-user-id and set-group-id bits are left out where the owner could not be set");

    /// <summary>A format has no type for sockets; whoever listens on one makes it anew.</summary>
    internal void Sockets() => Tell(4, "warning: sockets are left out, tar has no type for them");

    /// <summary>A directory's list of names for GNU tar would be too long.</summary>
    internal void LongNames(BytePath directory)
        => Tell(32, $"warning: '{directory}' holds so many names that GNU tar will not remove those that are gone (apply does, and readers of whiteouts)");

    private void Tell(int kind, string text)
    {
        if ((Interlocked.Or(ref _told, kind) & kind) == 0)
        {
            progress?.Report(new OperationProgress(text, 0, null));
        }
    }
}

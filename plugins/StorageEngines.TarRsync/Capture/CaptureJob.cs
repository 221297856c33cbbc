using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Walk;

namespace StorageEngines.TarRsync.Capture;

/// <summary>An entry on its way into the manifest; its turn comes when all before it are done.</summary>
internal sealed class CaptureJob
{
    /// <summary>The path from the root.</summary>
    internal required byte[] Path { get; init; }

    /// <summary>What is known of it so far; complete when <see cref="Work"/> is done.</summary>
    internal ManifestEntry Entry;

    /// <summary>The open directory that holds the name, while the file is still to be read.</summary>
    internal WalkDirectory? Directory { get; init; }

    /// <summary>What the file of that name held in the snapshot before.</summary>
    internal PreviousContent Previous { get; init; }

    /// <summary>The reading of its data; null if there is nothing to read.</summary>
    internal Task? Work { get; set; }

    /// <summary>Another name of the same file that is read in its place.</summary>
    internal CaptureJob? SameFile { get; init; }

    /// <summary>Its bytes are counted under another name.</summary>
    internal bool Counted { get; init; }

    /// <summary>A whole frame of the previous manifest instead of an entry: its number; then <see cref="Path"/> is its last one. -1 for an entry.</summary>
    internal int Frame { get; init; } = -1;

    /// <summary>Regular files in the frame.</summary>
    internal long FrameFiles { get; init; }

    /// <summary>The sum of their sizes.</summary>
    internal long FrameBytes { get; init; }

    /// <summary>A frame with its changes instead of an entry, or null.</summary>
    internal FrameEdit? Edit { get; init; }

    /// <summary>Nothing has to be waited for.</summary>
    internal bool IsReady => Edit?.IsReady ?? Work is null or { IsCompleted: true };

    /// <summary>How much it counts among those that wait: a frame's changes hold more memory than an entry does.</summary>
    internal int Weight => Edit is { } edit ? 16 + edit.Jobs : 1;

    /// <summary>The file was gone when it was to be read.</summary>
    internal bool Vanished { get; set; }

    /// <summary>The name alone.</summary>
    internal ReadOnlySpan<byte> Name => Path.Length == 0 ? "."u8 : Path.AsSpan(Path.AsSpan().LastIndexOf((byte)'/') + 1);
}

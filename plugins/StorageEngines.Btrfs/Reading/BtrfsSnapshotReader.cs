using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Reading;

/// <summary>Opens files of snapshots.</summary>
internal sealed class BtrfsSnapshotReader(SnapshotView view) : ISnapshotReader
{
    /// <inheritdoc/>
    /// <remarks>Implements: openat2(2), pread(2).</remarks>
    public ValueTask<Stream> OpenReadAsync(SnapshotRef snapshot, BytePath? path = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        cancellationToken.ThrowIfCancellationRequested();
        using BeneathRoot root = view.Open(snapshot);
        BytePath file = SnapshotView.RequirePath(path, snapshot);
        SafeFileHandle? handle = null;
        try
        {
            handle = root.OpenFileForRead(file.Span);
            return new(new FileStream(handle, FileAccess.Read, bufferSize: 0));
        }
        catch (PosixException e)
        {
            handle?.Dispose();
            throw SnapshotView.FileError(e, file, snapshot);
        }
    }
}

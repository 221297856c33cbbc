using StorageEngines.Specification;

namespace StorageEngines.Platform.Tests.Btrfs;

/// <summary>Writes to a directory; a write is on the device when it returns.</summary>
internal sealed class DurableVolumeWriter(BytePath root) : ITreeVolumeWriter
{
    private readonly DirectoryVolumeWriter _inner = new(root);

    public bool AcceptsAnyName => _inner.AcceptsAnyName;

    public async ValueTask WriteAsync(BytePath path, long offset, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        await _inner.WriteAsync(path, offset, bytes, cancellationToken);
        using var file = new FileStream(root.Append(path).ToString(), FileMode.Open, FileAccess.Write, FileShare.ReadWrite, 0);
        file.Flush(flushToDisk: true);
    }

    public ValueTask TruncateAsync(BytePath path, long length, CancellationToken cancellationToken) => _inner.TruncateAsync(path, length, cancellationToken);

    public ValueTask<bool> PunchHoleAsync(BytePath path, long offset, long length, CancellationToken cancellationToken) => _inner.PunchHoleAsync(path, offset, length, cancellationToken);

    public ValueTask RenameAsync(BytePath from, BytePath to, CancellationToken cancellationToken) => _inner.RenameAsync(from, to, cancellationToken);

    public ValueTask<bool> LinkAsync(BytePath existing, BytePath path, CancellationToken cancellationToken) => _inner.LinkAsync(existing, path, cancellationToken);

    public ValueTask<bool> SymbolicLinkAsync(BytePath path, ReadOnlyMemory<byte> target, CancellationToken cancellationToken) => _inner.SymbolicLinkAsync(path, target, cancellationToken);

    public ValueTask UnlinkAsync(BytePath path, CancellationToken cancellationToken) => _inner.UnlinkAsync(path, cancellationToken);

    public ValueTask MakeDirectoryAsync(BytePath path, CancellationToken cancellationToken) => _inner.MakeDirectoryAsync(path, cancellationToken);

    public ValueTask RemoveDirectoryAsync(BytePath path, CancellationToken cancellationToken) => _inner.RemoveDirectoryAsync(path, cancellationToken);

    public ValueTask SetModeAsync(BytePath path, int mode, CancellationToken cancellationToken) => _inner.SetModeAsync(path, mode, cancellationToken);

    public ValueTask SetModifiedAtAsync(BytePath path, UnixTime time, CancellationToken cancellationToken) => _inner.SetModifiedAtAsync(path, time, cancellationToken);

    public ValueTask<bool> SetAttributeAsync(BytePath path, string attribute, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
        => _inner.SetAttributeAsync(path, attribute, value, cancellationToken);

    public ValueTask<byte[]> ReadAsync(BytePath path, CancellationToken cancellationToken) => _inner.ReadAsync(path, cancellationToken);
}

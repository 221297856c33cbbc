using StorageEngines.Specification;

namespace StorageEngines.Testing.Tests.Specification;

internal sealed class InMemoryTreeWriter(InMemoryTreeVolume volume) : ITreeVolumeWriter
{
    public bool AcceptsAnyName => true;

    public ValueTask WriteAsync(BytePath path, long offset, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (volume.Get(path) is null)
        {
            volume.CreateFile(path);
        }

        volume.Write(path, offset, bytes.Span);
        return default;
    }

    public ValueTask TruncateAsync(BytePath path, long length, CancellationToken cancellationToken)
        => Done(() => volume.Truncate(path, length));

    public ValueTask<bool> PunchHoleAsync(BytePath path, long offset, long length, CancellationToken cancellationToken)
        => True(() => volume.PunchHole(path, offset, length));

    public ValueTask RenameAsync(BytePath from, BytePath to, CancellationToken cancellationToken) => Done(() => volume.Rename(from, to));

    public ValueTask<bool> LinkAsync(BytePath existing, BytePath path, CancellationToken cancellationToken)
        => True(() => volume.CreateHardLink(existing, path));

    public ValueTask<bool> SymbolicLinkAsync(BytePath path, ReadOnlyMemory<byte> target, CancellationToken cancellationToken)
        => True(() => volume.CreateSymbolicLink(path, new BytePath(target)));

    public ValueTask UnlinkAsync(BytePath path, CancellationToken cancellationToken) => Done(() => volume.Delete(path));

    public ValueTask MakeDirectoryAsync(BytePath path, CancellationToken cancellationToken) => Done(() => volume.CreateDirectory(path));

    public ValueTask RemoveDirectoryAsync(BytePath path, CancellationToken cancellationToken) => Done(() => volume.Delete(path));

    public ValueTask SetModeAsync(BytePath path, int mode, CancellationToken cancellationToken) => Done(() => volume.SetMode(path, mode));

    public ValueTask SetModifiedAtAsync(BytePath path, UnixTime time, CancellationToken cancellationToken)
        => Done(() => volume.SetModifiedAt(path, time));

    public ValueTask<bool> SetAttributeAsync(BytePath path, string attribute, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
        => True(() => volume.SetAttribute(path, attribute, value.ToArray()));

    public ValueTask<byte[]> ReadAsync(BytePath path, CancellationToken cancellationToken) => new(volume.ReadFile(path));

    private static ValueTask Done(Action action)
    {
        action();
        return default;
    }

    private static ValueTask<bool> True(Action action)
    {
        action();
        return new(true);
    }
}

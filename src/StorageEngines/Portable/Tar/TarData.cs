using StorageEngines.Portable.Trees;

namespace StorageEngines.Portable.Tar;

/// <summary>Reads the files of a tree for one thread. A long file stays open until another one is asked for, so that its list of blocks is read once.</summary>
internal sealed class TarData(TreeSource source) : IAsyncDisposable
{
    private BytePath _path;
    private Stream? _open;

    /// <summary>Fills a buffer from a file.</summary>
    /// <exception cref="CorruptDataException">It is damaged, or ends early.</exception>
    internal async ValueTask ReadAsync(TreeEntry file, long offset, Memory<byte> bytes, CancellationToken cancellationToken)
    {
        if (_open is null || _path != file.Path)
        {
            await DisposeAsync();
            (_open, _path) = (await source.OpenAsync(file.Path, cancellationToken), file.Path);
        }

        if (offset > 0)
        {
            _open.Position = offset;
        }

        await TreeSource.ReadExactlyAsync(_open, bytes, file, offset, cancellationToken);
        if (bytes.Length == file.SizeBytes)
        {
            await DisposeAsync();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_open is { } open)
        {
            _open = null;
            await open.DisposeAsync();
        }
    }
}

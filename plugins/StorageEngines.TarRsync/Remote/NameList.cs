namespace StorageEngines.TarRsync.Remote;

/// <summary>A file with names, a NUL behind each, as <c>--from0</c> reads them: relative, each with <c>./</c> in front, so that none is taken for a comment.</summary>
internal sealed class NameList : IDisposable
{
    private readonly FileStream _file;

    /// <summary>Opens the list, to add to what is in it.</summary>
    internal NameList(string path) => _file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read, 64 * 1024);

    /// <summary>Adds a name.</summary>
    internal void Add(ReadOnlySpan<byte> name)
    {
        _file.Write("./"u8);
        _file.Write(name);
        _file.WriteByte(0);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    /// <summary>The names of a list; none if there is no such file. A last name without a NUL is that of a writer that was ended, and left out.</summary>
    internal static IEnumerable<byte[]> Read(string path)
    {
        if (!File.Exists(path))
        {
            yield break;
        }

        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 64 * 1024);
        var name = new List<byte>();
        int next;
        while ((next = file.ReadByte()) >= 0)
        {
            if (next != 0)
            {
                name.Add((byte)next);
                continue;
            }

            yield return [.. name.Skip(2)];
            name.Clear();
        }
    }
}

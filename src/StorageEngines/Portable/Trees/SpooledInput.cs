using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;

namespace StorageEngines.Portable.Trees;

/// <summary>A stream that can be read twice: the caller's own if it can be sought, else a copy in a temporary file that goes with this object.</summary>
internal sealed class SpooledInput : IDisposable
{
    private readonly Stream? _copy;
    private readonly long _start;

    private SpooledInput(Stream stream, Stream? copy)
    {
        Stream = stream;
        _copy = copy;
        _start = stream.Position;
    }

    /// <summary>The stream.</summary>
    internal Stream Stream { get; }

    /// <summary>Bytes from the stream's beginning to its end.</summary>
    internal long Length => Stream.Length - _start;

    /// <summary>Makes the stream readable twice.</summary>
    internal static async Task<SpooledInput> OpenAsync(Stream input, CancellationToken cancellationToken)
    {
        if (input.CanSeek)
        {
            return new SpooledInput(input, null);
        }

        FileStream copy = TemporaryFile();
        try
        {
            await input.CopyToAsync(copy, cancellationToken);
            copy.Position = 0;
            return new SpooledInput(copy, copy);
        }
        catch
        {
            await copy.DisposeAsync();
            throw;
        }
    }

    /// <summary>A file that nobody else can read and that is gone when it is closed, whatever happens.</summary>
    internal static FileStream TemporaryFile()
    {
        byte[] name = System.Text.Encoding.ASCII.GetBytes($"seng-{Guid.NewGuid():N}.spool");
        using BeneathRoot directory = BeneathRoot.Open(System.Text.Encoding.UTF8.GetBytes(Path.GetTempPath()));
        SafeFileHandle file = directory.CreateFile(name);
        directory.Unlink(name);
        return new FileStream(file, FileAccess.ReadWrite, 128 << 10);
    }

    /// <summary>Goes back to the beginning. Reads are gathered, so that many small ones cost little.</summary>
    internal BufferedStream Rewind()
    {
        Stream.Position = _start;
        return new BufferedStream(Stream, 128 << 10);
    }

    /// <inheritdoc/>
    public void Dispose() => _copy?.Dispose();
}

using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;

namespace StorageEngines.Portable.Trees;

/// <summary>A stream that can be read twice: the caller's own if it can be sought, else a copy in a temporary file that goes with this object.</summary>
internal sealed class SpooledInput : IDisposable
{
    private const int CopyBytes = 256 << 10;

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
            await FillAsync(input, copy.SafeFileHandle, cancellationToken);
            return new SpooledInput(copy, copy);
        }
        catch
        {
            await copy.DisposeAsync();
            throw;
        }
    }

    private static async Task FillAsync(Stream input, SafeFileHandle copy, CancellationToken cancellationToken)
    {
        var buffer = new byte[CopyBytes];
        int read;
        for (long at = 0; (read = await input.ReadAsync(buffer, cancellationToken)) > 0; at += read)
        {
            try
            {
                FileWriting.WriteAt(copy, buffer.AsSpan(0, read), at);
            }
            catch (PosixException e)
            {
                throw PortableErrors.From(
                    e, "copy the stream to", Path.GetTempPath(), "make room there, name another directory in TMPDIR, or give the stream as a file; nothing was changed");
            }
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

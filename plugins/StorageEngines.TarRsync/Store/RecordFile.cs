using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;
using StorageEngines.Json;
using StorageEngines.Posix;

namespace StorageEngines.TarRsync.Store;

/// <summary>
/// Small objects: one line <c>SENGxxxx MAJOR.MINOR CHECKSUM</c>, then JSON. The checksum is the SHA-256 of the line's first two words and the JSON.
/// The line's layout is the same in every format version.
/// </summary>
internal static class RecordFile
{
    private const int ChecksumDigits = 64;

    /// <summary>Puts an object together.</summary>
    internal static byte[] Format(string magic, Action<RecordWriter> write)
    {
        byte[] body = RecordWriter.Write(write);
        string head = string.Create(CultureInfo.InvariantCulture, $"{magic} {StoreFormat.Major}.{StoreFormat.Minor} ");
        string checksum = Checksum(Encoding.ASCII.GetBytes(head), body);
        return [.. Encoding.ASCII.GetBytes(head + checksum + "\n"), .. body];
    }

    /// <summary>Checks an object and parses its JSON.</summary>
    /// <exception cref="CorruptDataException">It is damaged.</exception>
    /// <exception cref="StorageEngineException">FormatTooNew.</exception>
    internal static JsonValue Parse(byte[] bytes, string magic, string name) => Parse(bytes, magic, name, out _);

    /// <summary>Like <see cref="Parse(byte[], string, string)"/>, and says in which major version it was written.</summary>
    internal static JsonValue Parse(byte[] bytes, string magic, string name, out int major)
    {
        int end = bytes.AsSpan(0, Math.Min(bytes.Length, 128)).IndexOf((byte)'\n');
        string line = end < 0 ? "" : Encoding.ASCII.GetString(bytes, 0, end);
        string[] words = line.Split(' ');
        if (words.Length != 3 || words[0] != magic || words[2].Length != ChecksumDigits)
            throw StoreErrors.Corrupt(name, 0, $"the first line is not '{magic} VERSION CHECKSUM'");
        int headLength = end - ChecksumDigits;
        if (Checksum(bytes.AsSpan(0, headLength), bytes.AsSpan(end + 1)) != words[2])
            throw StoreErrors.Corrupt(name, null, "the checksum does not match");
        if (!int.TryParse(words[1].Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture, out major))
            throw StoreErrors.Corrupt(name, magic.Length + 1, "the version is not a number");
        if (major > StoreFormat.Major)
            throw StoreErrors.TooNew(name, major, StoreFormat.Major);
        try
        {
            return JsonText.Read(bytes, end + 1);
        }
        catch (FormatException error)
        {
            throw new CorruptDataException(name, end + 1, "the JSON is not valid", error);
        }
    }

    /// <summary>Reads a whole small file; null if it does not exist.</summary>
    internal static byte[]? ReadAll(string path)
    {
        SafeFileHandle handle;
        try
        {
            handle = FileHandle.OpenRead(Encoding.UTF8.GetBytes(path));
        }
        catch (PosixException error) when (error.Errno is Errno.ENOENT or Errno.ENOTDIR)
        {
            return null;
        }
        catch (PosixException error)
        {
            throw StoreErrors.From(error, $"The store's '{path}' cannot be read");
        }
        using (handle)
        {
            try
            {
                long length = FileHandle.GetLength(handle);
                if (length > StoreFormat.MaxRecord)
                    throw StoreErrors.Corrupt(path, null, $"the file is {length} bytes long; at most {StoreFormat.MaxRecord} are allowed");
                var bytes = new byte[length];
                return FileHandle.ReadAt(handle, bytes, 0) == length ? bytes : throw StoreErrors.Corrupt(path, null, "the file became shorter while it was read");
            }
            catch (PosixException error)
            {
                throw StoreErrors.From(error, $"The store's '{path}' cannot be read");
            }
        }
    }

    private static string Checksum(ReadOnlySpan<byte> head, ReadOnlySpan<byte> body)
    {
        Span<byte> sum = stackalloc byte[Sha256Sum.Size];
        Sha256Sum.Of(head, body, sum);
        return Hex.Of(sum);
    }
}

using StorageEngines.Zfs.Streams;

namespace StorageEngines.Zfs.Tests.Streams;

/// <summary>The recorded streams of the folder Vectors.</summary>
internal static class Vector
{
    internal static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Vectors");

    /// <summary>The names of all streams.</summary>
    internal static IEnumerable<string> All => Directory.EnumerateFiles(Folder, "*.zs").Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal);

    internal static byte[] Bytes(string name) => File.ReadAllBytes(Path.Combine(Folder, name + ".zs"));

    internal static byte[] FileBytes(string file) => File.ReadAllBytes(Path.Combine(Folder, file));

    internal static string Text(string file) => File.ReadAllText(Path.Combine(Folder, file));

    internal static ZfsSendReader Open(string name, bool verify = true, bool keepPayloads = true) => Open(Bytes(name), verify, keepPayloads);

    internal static ZfsSendReader Open(byte[] stream, bool verify = true, bool keepPayloads = true)
        => new(new MemoryStream(stream), "the stream", verify, keepPayloads);

    /// <summary>Reads to the end and counts.</summary>
    internal static int Records(ZfsSendReader reader)
    {
        int records = 0;
        while (reader.Read())
        {
            records++;
        }

        return records;
    }
}

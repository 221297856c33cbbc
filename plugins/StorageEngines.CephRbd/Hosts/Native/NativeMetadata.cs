using System.Text;
using StorageEngines.CephRbd.Images;
using StorageEngines.Posix;

namespace StorageEngines.CephRbd.Hosts.Native;

/// <summary>An image's metadata. Blocks.</summary>
internal static unsafe class NativeMetadata
{
    private const int AtOnce = 128;

    /// <summary>Reads all of it.</summary>
    internal static Dictionary<string, string> Read(ClusterConnection connection, ImageHandle image, RbdImage about)
    {
        var all = new Dictionary<string, string>(StringComparer.Ordinal);
        string last = "";
        byte[] keys = new byte[16 << 10], values = new byte[64 << 10];
        while (true)
        {
            nuint keysLength = (nuint)keys.Length, valuesLength = (nuint)values.Length;
            int result;
            fixed (byte* keysStart = keys, valuesStart = values)
            {
                result = Rbd.ListMetadata(image, last, AtOnce, keysStart, &keysLength, valuesStart, &valuesLength);
            }

            if (result == -Errno.ERANGE)
            {
                (keys, values) = (new byte[Math.Max((int)keysLength, keys.Length)], new byte[Math.Max((int)valuesLength, values.Length)]);
                continue;
            }

            if (result < 0)
            {
                throw connection.Failure("read metadata of", about.Path.ToString(), -result);
            }

            List<string> names = Split(keys.AsSpan(0, (int)keysLength)), texts = Split(values.AsSpan(0, (int)valuesLength));
            foreach ((string name, string text) in names.Zip(texts))
            {
                all[name] = text;
            }

            if (names.Count < AtOnce)
            {
                return all;
            }

            last = names[^1];
        }
    }

    // Values may be empty, so that every NUL counts.
    private static List<string> Split(ReadOnlySpan<byte> bytes)
    {
        List<string> texts = [];
        while (bytes.IndexOf((byte)0) is var end && end >= 0)
        {
            texts.Add(Encoding.UTF8.GetString(bytes[..end]));
            bytes = bytes[(end + 1)..];
        }

        return texts;
    }
}

using System.Security.Cryptography;
using StorageEngines.Json;

namespace StorageEngines.TarRsync.Store;

/// <summary>
/// The secret of the store's fast hashes: 192 random bytes in a file of its own, which its owner alone may read. With it, nobody who writes to a volume can
/// make a change that has the hash of what was there before. Without it nothing is lost: blocks that cannot be compared by their fast hash are compared by SHA-256.
/// </summary>
internal static class StoreKey
{
    private const string Magic = "SENGKEYS";

    /// <summary>Reads the secret, or makes one if there is none. Needs the writer's lock.</summary>
    internal static byte[] ReadOrCreate(StoreFiles files)
    {
        if (RecordFile.ReadAll(files.KeyFile) is { } bytes)
            return Parse(bytes, files.KeyFile);
        byte[] secret = RandomNumberGenerator.GetBytes(KeyedXxh3.SecretLength);
        files.Publish(files.KeyFile, RecordFile.Format(Magic, json => json.WriteString("xxh3Secret", Hex.Of(secret))), replace: false);
        return secret;
    }

    private static byte[] Parse(byte[] bytes, string name)
    {
        JsonValue document = RecordFile.Parse(bytes, Magic, name);
        string text = new JsonFields(document, name).Text("xxh3Secret");
        if (text.Length == 2 * KeyedXxh3.SecretLength && !text.AsSpan().ContainsAnyExcept("0123456789abcdef"))
            return Convert.FromHexString(text);
        throw StoreErrors.Corrupt(name, null, $"the secret is not {KeyedXxh3.SecretLength} bytes in hexadecimal digits; remove the file to have a new one made, which costs one full comparison");
    }
}

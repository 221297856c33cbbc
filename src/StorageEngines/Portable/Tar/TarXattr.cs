namespace StorageEngines.Portable.Tar;

/// <summary>Attribute names as record keys: a key ends at the first '=', so that and '%' are written as %3D and %25, as GNU tar does.</summary>
internal static class TarXattr
{
    internal static byte[] Encode(ReadOnlySpan<byte> name)
    {
        List<byte> key = new(name.Length);
        foreach (byte b in name)
        {
            if (b == '=')
            {
                key.AddRange("%3D"u8);
            }
            else if (b == '%')
            {
                key.AddRange("%25"u8);
            }
            else
            {
                key.Add(b);
            }
        }

        return [.. key];
    }

    internal static byte[] Decode(ReadOnlySpan<byte> key)
    {
        List<byte> name = new(key.Length);
        for (int i = 0; i < key.Length; i++)
        {
            bool equals = key[i..].StartsWith("%3D"u8);
            bool percent = key[i..].StartsWith("%25"u8);
            name.Add(equals ? (byte)'=' : key[i]);
            i += equals || percent ? 2 : 0;
        }

        return [.. name];
    }
}

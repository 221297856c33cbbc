namespace StorageEngines.TarRsync.Store;

/// <summary>Small hexadecimal texts, in lower case. The framework's own are made for long ones: their vector code is compiled at each start.</summary>
internal static class Hex
{
    /// <summary>Two digits for each byte.</summary>
    internal static string Of(ReadOnlySpan<byte> bytes)
    {
        Span<char> digits = bytes.Length <= 64 ? stackalloc char[2 * bytes.Length] : new char[2 * bytes.Length];
        for (int i = 0; i < bytes.Length; i++)
        {
            digits[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
            digits[(2 * i) + 1] = "0123456789abcdef"[bytes[i] & 15];
        }

        return new string(digits);
    }

    /// <summary>An id of 32 digits.</summary>
    internal static string Of(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        return Of(bytes);
    }
}

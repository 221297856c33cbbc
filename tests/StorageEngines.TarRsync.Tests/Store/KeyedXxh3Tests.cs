using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Tests.Store;

/// <summary>The vectors were computed by the reference library (Debian libxxhash-dev 0.8.1): XXH3_128bits, and XXH3_128bits_withSecret with 192 bytes.</summary>
public sealed class KeyedXxh3Tests
{
    // The library's public secret; with it, the keyed variant gives what the unkeyed one gives.
    private const string Public =
        "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671fcb79e64eccc0e578825ad07dccff7221b8084674f743248ee03590e6813a264c" +
        "3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364" +
        "eac5ac8334d3ebc3c581a0fffa1363eb170ddd51b7f0da49d316552629d4689e2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e";

    [Theory]
    [InlineData(0, "99aa06d3014798d86001c324468d497f", "f6c7c6eda65eeea81fd53b27dd547041")]
    [InlineData(1, "a6cd5e9392000f6ac44bdff4074eecdb", "fe4c0a31570a19ece9af010e110d261b")]
    [InlineData(2, "5008d8f8cd45f8ecb0a5d4f167a89d5e", "9ee45b61aadf4fa351d4c1ef70173527")]
    [InlineData(3, "977fcbc0448b49f6e14090f554a5ea90", "e1231343b726fe853fc66a6286a8b977")]
    [InlineData(4, "4e82b36688c5328f4ee6926f0426173e", "268c96e67ad6651fce839d66a5af4042")]
    [InlineData(7, "cb234cb3ad8748a95669ede136b8c8b5", "54fddd183efb616844e1ae3fa5edc8fb")]
    [InlineData(8, "7b4966a681f18d5779d85adaeefd615e", "a1fa52e3f7367157938a3200523ae8f3")]
    [InlineData(9, "200d098a7113e15fee5940d4df4715ae", "fdcbe2ecdaca258f33ec0f87912f76d8")]
    [InlineData(15, "faefff06f530c07c6a3e15eb208a4d28", "41e8322206b067e1fc569a072d3c8662")]
    [InlineData(16, "78e8ab538d3acaab37286a19cf622308", "2b1f2b8a70ff90f291efe4485106234a")]
    [InlineData(17, "1ea709ada2b9c32e33bed349ec1c0ce7", "467c81222a8c98fc97331c0cfeb8e4f7")]
    [InlineData(31, "953e0f173069bcd3b6350e53bba70bb7", "d749f3f8ee6d172975ba5a1745d7544d")]
    [InlineData(32, "4e9c19033e772df434875ae75c27bc73", "3ba0bd37008f68149b17e56a60befd2e")]
    [InlineData(33, "3d498fc14d9681e19cd7914bbaf713b9", "67219a2fa0401c0609802317ce5fc174")]
    [InlineData(64, "5834551911de3391a6e3ffeedc6985dd", "013624e0256ba9063f72f67b88206b41")]
    [InlineData(65, "df2f64d70d4f0d467e0ee245264914b3", "7cc17c4bf77880673efed16728502642")]
    [InlineData(96, "05431e0d5c95bd495b78a2f5ca076877", "93efbc93b8dcfe7b882033346bd645d1")]
    [InlineData(97, "fdfcca3a469c918afb99b300b0c8dc93", "9d695555650fe2d922b243fba9cddb17")]
    [InlineData(128, "5ac741c59c95d36ae1f0636051ccd2be", "56b3da624fd5282e64484e7183b874d9")]
    [InlineData(129, "1240f4d960139642cfb3fed667226458", "0857c0d8840cae16a441d399aac30486")]
    [InlineData(160, "934688b34070b9004a430a4b144ed2d0", "2285b292dfa8898563e8b2c1e21b9a1b")]
    [InlineData(161, "90e957c90689d953d9653989ae78754a", "adfa696637f184f584f859d3260da42f")]
    [InlineData(192, "64965de393806bd04b7cfcef218d92aa", "9480a49364421d1abecd929ce9919a49")]
    [InlineData(239, "a2bb482e57b942272c801ae791bfdf99", "2b294ed4d37af2e4f69a78eab04ee3a4")]
    [InlineData(240, "640a6149838a7599b2e6947c477a4ab0", "f549f5990ee8249664479d072ea00c45")]
    [InlineData(241, "e817e20e53e42a8c2d431e984c441f15", "24c0005c9f9548f2b637defa779c111c")]
    [InlineData(255, "881e14b0b5c3e3396cb5279bb1267b3b", "0ec607a207942679da4803738a3b0b75")]
    [InlineData(256, "96b9c38548dd27ee1369aaf85f8b805a", "1f4e6c58c1ce2a806882370c288322a2")]
    [InlineData(1023, "5687286dd310b7db4e30bb611faa8f67", "3d780f786ee9515de8e85cdbc08658af")]
    [InlineData(1024, "df4c8b9ff9715101e99def1145f12936", "1f3de9b2462c30cc178bc15f176c4180")]
    [InlineData(1025, "63e845aab7eb695f83cba9b371e4e7f4", "c34dfa074010e2a7b8b77bc9bcda4498")]
    [InlineData(1088, "53fd1378f51e868e8e7e69b3a7124813", "73d79acdbdf9857072f2fc45357b4d3b")]
    [InlineData(4096, "3203f3b99ad3538d9bf67f8deff876ae", "f2b84942d4dbf73a48ed17ef4adf303f")]
    [InlineData(65535, "5779eb59a140510d3caf3baca808c636", "632083dcd0c9c8907d41384ab7191302")]
    [InlineData(65536, "ce4ad9e587f44a1920605b76ceddc43b", "065a0afc6ae26deb78141e48fb88f6b2")]
    [InlineData(262144, "21dcc77224867b7d2eb9d78a803979a4", "a6f3cb618ba3b52c170c1c3b1d291b9f")]
    public void It_gives_what_the_reference_library_gives(int length, string unkeyed, string keyed)
    {
        byte[] data = Pattern(length + 3, 0, 2654435761);
        byte[] secret = Pattern(KeyedXxh3.SecretLength, 1000, 2246822519);
        foreach (int shift in new[] { 0, 3 })
        {
            ReadOnlySpan<byte> input = shift == 0 ? data.AsSpan(0, length) : (byte[])[0, 1, 2, .. data.AsSpan(0, length)];
            Assert.Equal(unkeyed, Text(new KeyedXxh3(Convert.FromHexString(Public)).Hash(input[shift..])));
            Assert.Equal(keyed, Text(new KeyedXxh3(secret).Hash(input[shift..])));
            Assert.Equal(keyed, Text(new KeyedXxh3(secret).HashScalar(input[shift..])));
        }
    }

    [Fact]
    public void Every_bit_of_the_data_and_every_part_of_the_secret_counts()
    {
        byte[] secret = Pattern(KeyedXxh3.SecretLength, 7, 2246822519);
        byte[] data = Pattern(5000, 9, 2654435761);
        Sum128 hash = new KeyedXxh3(secret).Hash(data);
        for (int i = 0; i < data.Length * 8; i += 11)
        {
            data[i / 8] ^= (byte)(1 << (i % 8));
            Assert.NotEqual(hash, new KeyedXxh3(secret).Hash(data));
            data[i / 8] ^= (byte)(1 << (i % 8));
        }
        for (int i = 0; i < secret.Length; i += 8)
        {
            secret[i] ^= 1;
            Assert.NotEqual(hash, new KeyedXxh3(secret).Hash(data));
            secret[i] ^= 1;
        }
    }

    private static byte[] Pattern(int length, uint from, uint factor)
        => [.. Enumerable.Range(0, length).Select(i => (byte)(unchecked(((uint)i + from) * factor) >> 24))];

    private static string Text(Sum128 hash) => hash.ToString();
}

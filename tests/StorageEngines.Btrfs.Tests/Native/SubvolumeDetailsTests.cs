using System.Buffers.Binary;
using System.Text;
using StorageEngines.Btrfs.Native;

namespace StorageEngines.Btrfs.Tests.Native;

public sealed class SubvolumeDetailsTests
{
    private static readonly Guid Uuid = new("00112233-4455-6677-8899-aabbccddeeff");

    [Fact]
    public void A_root_item_is_read()
    {
        byte[] item = RootItem();
        SubvolumeDetails? found = SubvolumeDetails.FromRootItem(300, item);
        Assert.NotNull(found);
        Assert.Equal((300ul, Uuid, true, 41ul, 42ul, new UnixTime(1_700_000_000, 5)), (found.Id, found.Uuid, found.IsReadOnly, found.ChangeTransaction, found.OriginTransaction, found.CreatedAt));
        Assert.True(found.IsPristine);
    }

    [Fact]
    public void A_snapshot_that_was_written_to_is_not_pristine()
    {
        byte[] item = RootItem();
        BinaryPrimitives.WriteUInt64LittleEndian(item.AsSpan(295), 43);
        Assert.False(SubvolumeDetails.FromRootItem(300, item)!.IsPristine);
        Uuid.TryWriteBytes(item.AsSpan(279), bigEndian: true, out _); // received, which writes to it after it is made
        Assert.True(SubvolumeDetails.FromRootItem(300, item)!.IsPristine);
    }

    [Fact]
    public void A_root_item_without_references_or_cut_short_is_none()
    {
        byte[] item = RootItem();
        Assert.Null(SubvolumeDetails.FromRootItem(300, item.AsSpan(0, 239)));
        item[216] = 0;
        Assert.Null(SubvolumeDetails.FromRootItem(300, item));
    }

    [Fact]
    public void A_back_reference_gives_the_name_and_a_damaged_one_does_not()
    {
        byte[] reference = new byte[18 + 4];
        BinaryPrimitives.WriteUInt64LittleEndian(reference, 257);
        BinaryPrimitives.WriteUInt16LittleEndian(reference.AsSpan(16), 4);
        "da\xFFa"u8[..4].CopyTo(reference.AsSpan(18));
        SubvolumeDetails plain = SubvolumeDetails.FromRootItem(300, RootItem())!;
        SubvolumeDetails named = plain.Named(256, reference);
        Assert.Equal((256ul, 257ul), (named.ParentId, named.DirectoryId));
        Assert.Equal(reference[18..], named.Name);
        BinaryPrimitives.WriteUInt16LittleEndian(reference.AsSpan(16), 5);
        Assert.Equal(plain, plain.Named(256, reference));
        Assert.Equal(plain, plain.Named(256, reference.AsSpan(0, 17)));
    }

    [Fact]
    public void The_answer_about_one_subvolume_is_read()
    {
        byte[] info = new byte[BtrfsRequests.SubvolumeInfoSize];
        BinaryPrimitives.WriteUInt64LittleEndian(info, 300);
        Encoding.ASCII.GetBytes("data").CopyTo(info, 8);
        BinaryPrimitives.WriteUInt64LittleEndian(info.AsSpan(264), 256);
        BinaryPrimitives.WriteUInt64LittleEndian(info.AsSpan(288), 1);
        Uuid.TryWriteBytes(info.AsSpan(296), bigEndian: true, out _);
        BinaryPrimitives.WriteUInt64LittleEndian(info.AsSpan(344), 41);
        BinaryPrimitives.WriteUInt64LittleEndian(info.AsSpan(352), 42);
        SubvolumeDetails found = SubvolumeDetails.FromInfo(info);
        Assert.Equal((300ul, 256ul, Uuid, true, 41ul, 42ul), (found.Id, found.ParentId, found.Uuid, found.IsReadOnly, found.ChangeTransaction, found.OriginTransaction));
        Assert.Equal("data"u8.ToArray(), found.Name);
    }

    private static byte[] RootItem()
    {
        byte[] item = new byte[439];
        BinaryPrimitives.WriteUInt64LittleEndian(item.AsSpan(208), 1);
        BinaryPrimitives.WriteUInt32LittleEndian(item.AsSpan(216), 1);
        Uuid.TryWriteBytes(item.AsSpan(247), bigEndian: true, out _);
        BinaryPrimitives.WriteUInt64LittleEndian(item.AsSpan(295), 41);
        BinaryPrimitives.WriteUInt64LittleEndian(item.AsSpan(303), 42);
        BinaryPrimitives.WriteInt64LittleEndian(item.AsSpan(339), 1_700_000_000);
        BinaryPrimitives.WriteUInt32LittleEndian(item.AsSpan(347), 5);
        return item;
    }
}

namespace StorageEngines.LvmThin.Tests;

/// <summary>What the programs printed, each with the command that made it: LVM 2.03.31, thin-provisioning-tools 1.1.0 on Debian 13, in the storage machine, 2026-11-21.</summary>
internal static class Recorded
{
    /// <summary>
    /// <c>lvs --config 'report{time_format="%s"}' --reportformat json --units b --nosuffix -S 'segtype=~"^thin"' -o …</c>: a volume, mounted, a snapshot of it, the pool, another volume.
    /// </summary>
    internal const string Report = """
          {
              "report": [
                  {
                      "lv": [
                          {"vg_name":"seng", "vg_uuid":"z9O4Xj-tAOP-jlgT-xIj7-QhSS-mTJO-GERIzR", "lv_name":"fs", "lv_uuid":"pN3mXP-vv4w-88dd-eqlV-vYIc-U1Py-Irz28J", "lv_attr":"Vwi-aotz--", "lv_size":"67108864", "lv_role":"public,origin,thinorigin,multithinorigin", "origin":"", "origin_uuid":"", "pool_lv":"tp", "pool_lv_uuid":"nXRzGh-n2qt-cEbf-jSKc-rlh7-cImv-0f6uEo", "thin_id":"2", "chunk_size":"0", "metadata_lv":"", "lv_time":"1795294805", "lv_tags":"user.tag"},
                          {"vg_name":"seng", "vg_uuid":"z9O4Xj-tAOP-jlgT-xIj7-QhSS-mTJO-GERIzR", "lv_name":"fs_s1", "lv_uuid":"hqAc5q-C8Cg-N1Tl-vYKC-tXmd-qGrY-xd79iA", "lv_attr":"Vri-a-tz-k", "lv_size":"67108864", "lv_role":"public,snapshot,thinsnapshot", "origin":"fs", "origin_uuid":"pN3mXP-vv4w-88dd-eqlV-vYIc-U1Py-Irz28J", "pool_lv":"tp", "pool_lv_uuid":"nXRzGh-n2qt-cEbf-jSKc-rlh7-cImv-0f6uEo", "thin_id":"3", "chunk_size":"0", "metadata_lv":"", "lv_time":"1795294809", "lv_tags":"seng.x:a+20b/c=d!e#f&g"},
                          {"vg_name":"seng", "vg_uuid":"z9O4Xj-tAOP-jlgT-xIj7-QhSS-mTJO-GERIzR", "lv_name":"tp", "lv_uuid":"nXRzGh-n2qt-cEbf-jSKc-rlh7-cImv-0f6uEo", "lv_attr":"twi-aotz--", "lv_size":"1073741824", "lv_role":"private", "origin":"", "origin_uuid":"", "pool_lv":"", "pool_lv_uuid":"", "thin_id":"", "chunk_size":"65536", "metadata_lv":"[tp_tmeta]", "lv_time":"1795294646", "lv_tags":""},
                          {"vg_name":"seng", "vg_uuid":"z9O4Xj-tAOP-jlgT-xIj7-QhSS-mTJO-GERIzR", "lv_name":"vol1", "lv_uuid":"oYK8R2-2FGW-YskG-es9h-VejJ-TQIx-sNBffd", "lv_attr":"Vwi-a-tz--", "lv_size":"1048576", "lv_role":"public", "origin":"", "origin_uuid":"", "pool_lv":"tp", "pool_lv_uuid":"nXRzGh-n2qt-cEbf-jSKc-rlh7-cImv-0f6uEo", "thin_id":"1", "chunk_size":"0", "metadata_lv":"", "lv_time":"1795294652", "lv_tags":""}
                      ]
                  }
              ]
              ,
              "log": [
              ]
          }
        """;

    /// <summary><c>thin_delta -m --snap1 2 --snap2 3 /dev/mapper/vg0-tp_tmeta</c>, after 4 KiB were written at 1 MiB, 128 KiB discarded at 2 MiB, 192 KiB written at 100 MiB.</summary>
    internal const string Delta = """
        <superblock uuid="" time="2" transaction="3" data_block_size="128" nr_data_blocks="0">
          <diff left="2" right="3">
            <same begin="0" length="16"/>
            <different begin="16" length="1"/>
            <same begin="17" length="15"/>
            <left_only begin="32" length="2"/>
            <same begin="34" length="478"/>
            <right_only begin="1600" length="3"/>
          </diff>
        </superblock>
        """;
}
